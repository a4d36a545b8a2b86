// Holds what goes over the wire against openapi.json, both ways: a mock that
// answers what the server never would proves nothing.
import Ajv2020 from 'ajv/dist/2020.js';
import { readFileSync } from 'node:fs';

const spec = JSON.parse(readFileSync(new URL('../../../openapi.json', import.meta.url), 'utf8'));
const ajv = new Ajv2020({ strict: false, validateFormats: false });
ajv.addSchema(spec, 'openapi');

const compiled = new Map();

function validator(pointer) {
  let v = compiled.get(pointer);
  if (!v) compiled.set(pointer, (v = ajv.compile({ $ref: `openapi#${pointer}` })));
  return v;
}

const escape = (s) => s.replaceAll('~', '~0').replaceAll('/', '~1');

function check(pointer, value, what) {
  const v = validator(pointer);
  if (!v(value)) throw new Error(`${what} is not as openapi.json has it: ${ajv.errorsText(v.errors)}`);
}

const patterns = Object.keys(spec.paths).map((path) => ({
  path,
  names: [...path.matchAll(/{(\w+)}/g)].map((m) => m[1]),
  expression: new RegExp(`^${path.replace(/{\w+}/g, '([^/]+)')}$`),
}));

// operationOf finds the operation that a method and an address belong to.
export function operationOf(method, address) {
  for (const { path, names, expression } of patterns) {
    const found = expression.exec(address);
    const operation = found && spec.paths[path][method.toLowerCase()];
    if (operation) {
      const parameters = Object.fromEntries(names.map((n, i) => [n, decodeURIComponent(found[i + 1])]));
      return { operation, parameters, pointer: `/paths/${escape(path)}/${method.toLowerCase()}` };
    }
  }
  return undefined;
}

export function checkRequest({ operation, pointer }, body) {
  const content = operation.requestBody?.content;
  if (content?.['application/json']) {
    check(`${pointer}/requestBody/content/application~1json/schema`, body, `the request of ${operation.operationId}`);
  }
}

export function checkAnswer({ operation, pointer }, status, type, body) {
  if (!operation.responses[status]) {
    if (status < 400) throw new Error(`${operation.operationId} has no answer ${status}`);
    return check('/components/schemas/Error', body, `the error of ${operation.operationId}`);
  }
  if (!operation.responses[status].content) return;
  check(`${pointer}/responses/${status}/content/${escape(type)}/schema`, body, `the answer of ${operation.operationId}`);
}

export function checkEvent(subject, data, partner) {
  const events = spec.paths['/events'].get[partner ? 'x-vigia-partner-events' : 'x-vigia-events'];
  if (!events[subject]) throw new Error(`openapi.json has no event ${subject}`);
  check(events[subject].slice(1), data, `the event ${subject}`);
}
