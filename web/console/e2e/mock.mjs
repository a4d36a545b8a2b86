// A server that looks like Vigía's to a browser: web/dist with the same
// headers, and answers that are held against openapi.json. For tests and for
// working on the console without the rest.
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { checkAnswer, checkEvent, checkRequest, operationOf } from './mock/conform.mjs';
import { forPartner, may, raise, Refusal, take } from './mock/rules.mjs';
import { make, moving } from './mock/world.mjs';

const port = Number(process.env.PORT ?? 8099);
// Four seconds over a made-up town, by the project's own simulator.
const video = await readFile(new URL('./mock/made-up-video.mpegts', import.meta.url));
const dist = fileURLToPath(new URL('../../dist', import.meta.url));
const policy =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

const roles = ['analyst', 'approver', 'partner', 'overseer', 'administrator', 'feeder'];
const users = roles.map((role) => ({ name: `${role}-1`, role, password: `password of ${role}-1` }));

let world = make(Date.now());
let sessions = new Map();
let history = [];
let listeners = new Set();
let sequence = 0;

// announce sends one event to those who may see it, and keeps it for those who
// come back.
function announce(subject, data) {
  checkEvent(subject, data, false);
  const event = { id: ++sequence, subject, data };
  history.push(event);
  for (const l of listeners) tell(l, event);
}

function tell({ response, role }, { id, subject, data }) {
  if (role !== 'partner') return response.write(`id: ${id}\nevent: ${subject}\ndata: ${JSON.stringify(data)}\n\n`);
  if (!['lead.released', 'lead.acknowledged', 'lead.closed'].includes(subject)) return undefined;
  const own = forPartner(data);
  checkEvent(subject, own, true);
  return response.write(`id: ${id}\nevent: ${subject}\ndata: ${JSON.stringify(own)}\n\n`);
}

function listen(request, response, user, query) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  response.flushHeaders();
  const listener = { response, role: user.role };
  const after = request.headers['last-event-id'] ?? query.get('after');
  if (after !== null && after !== undefined) for (const e of history) if (e.id > Number(after)) tell(listener, e);
  listeners.add(listener);
  const alive = setInterval(() => response.write('event: alive\ndata: {}\n\n'), 15_000);
  request.on('close', () => {
    clearInterval(alive);
    listeners.delete(listener);
  });
}

// move shows the same two aircraft again and again, one second further on.
function move(request, response) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
  const send = () => response.write(`event: moving\ndata: ${JSON.stringify(moving(world, Date.now()))}\n\n`);
  send();
  const timer = setInterval(send, 200);
  request.on('close', () => clearInterval(timer));
}

const me = (u) => ({ name: u.name, role: u.role, may: may[u.role] });
const found = (list, id, what) => list.find((x) => x.id === id) ?? refuse(404, 'not_found', `there is no ${what} ${id}`);

function refuse(status, code, message) {
  throw new Refusal(status, code, message);
}

function step(verb) {
  return ({ user, parameters, body }) => {
    const lead = take(world, user, parameters.lead, verb, body);
    announce(`lead.${lead.status}`, lead);
    return user.role === 'partner' ? forPartner(lead) : lead;
  };
}

const checkpoint = () => `vigia.example/mock\n${1200 + sequence}\nq83vEjRWeJCrze8SNFZ4kKvN7xI0VniQq83vEjRWeJA=\n\n— vigia.example/mock 3q2+7wECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8gISIjJCUmJygpKissLS4vMDEyMzQ1Njc4OTo7PD0+P0A=\n`;

// proposal is what could be flown over what a flight left open.
function proposal(flight) {
  const { id, authorisation } = found(world.flights, flight, 'flight');
  const posterior = world.posteriors.find((p) => p.flight === id) ?? refuse(409, 'conflict', `the flight ${id} has found no source in a known building: there is nothing to fly over again`);
  const around = { ...posterior.sources[0].at, alt_m: 0 };
  return {
    after: id, posterior: posterior.id, authorisation, around, side_m: 160, margin_m: 50, spacing_m: 24, sweeps: 5, height_m: 25, speed_mps: 12,
    legs: [around, around], set_now: 27, set_expected: 2.8, reason: '27 buildings hold 90 % of what the buildings hold; after this flight 2.8 are expected to.',
  };
}

// What each operation does, by its operationId.
const operations = {
  me: ({ user }) => me(user),
  logout: ({ key }) => void sessions.delete(key),
  listUsers: () => users.map((u) => ({ name: u.name, role: u.role, disabled: false, created_at: world.started })),
  listAuthorisations: () => world.authorisations,
  listFlights: () => world.flights,
  flightPath: ({ parameters, query }) => {
    const points = world.paths.get(parameters.flight) ?? refuse(404, 'not_found', `there is no flight ${parameters.flight}`);
    const after = query.get('after');
    return { points: after ? points.filter((p) => Date.parse(p.time) > Date.parse(after)) : points };
  },
  listBuildings: ({ query }) => {
    const [w, s, e, n] = query.get('bbox').split(',').map(Number);
    const inside = ({ geometry }) => geometry.coordinates[0].some(([x, y]) => x >= w && x <= e && y >= s && y <= n);
    const features = world.buildings.filter(inside);
    return { type: 'FeatureCollection', features, numberMatched: features.length, numberReturned: features.length };
  },
  listDetections: ({ query }) => world.detections.filter((d) => !query.get('flight') || d.flight === query.get('flight')),
  listPlumes: ({ query }) => world.plumes.filter((p) => !query.get('flight') || p.flight === query.get('flight')),
  listPosteriors: ({ query }) => world.posteriors.filter((p) => !query.get('flight') || p.flight === query.get('flight')),
  getPosterior: ({ parameters }) => found(world.posteriors, parameters.posterior, 'posterior'),
  listVideo: () => world.videos,
  playlist: ({ parameters }) => {
    const v = world.videos.find((x) => x.flight === parameters.flight) ?? refuse(404, 'not_found', `no video of the flight ${parameters.flight} is kept`);
    return `#EXTM3U\n#EXT-X-VERSION:6\n#EXT-X-TARGETDURATION:4\n#EXT-X-MEDIA-SEQUENCE:0\n#EXT-X-PROGRAM-DATE-TIME:${v.from}\n#EXTINF:4.000,\nvideo/segment-1.ts\n#EXT-X-ENDLIST\n`;
  },
  segment: () => video,
  looks: ({ query }) => world.views.filter((v) => !query.get('from') || Date.parse(v.time) >= Date.parse(query.get('from'))),
  listSites: () => world.sites,
  getSite: ({ parameters }) => found(world.sites, parameters.site, 'site'),
  flightProposal: ({ parameters }) => proposal(parameters.flight),
  listSiteVisits: ({ parameters }) => found(world.sites, parameters.site, 'site') && [],
  getSiteRhythm: ({ parameters }) => ({
    site: found(world.sites, parameters.site, 'site').id, from: '0001-01-01T00:00:00Z', to: '0001-01-01T00:00:00Z', watched_h: 0, visits: 0, zone: 'UTC-2',
    hours: Array.from({ length: 168 }, () => ({ visits: 0, watched_h: 0, usual: 0 })),
  }),
  listTracks: () => [],
  listLeads: () => world.leads,
  getLead: ({ parameters }) => found(world.leads, parameters.lead, 'lead'),
  raiseLead: ({ user, body }) => {
    const lead = raise(world, user, body);
    announce('lead.raised', lead);
    return lead;
  },
  approveLead: step('approve'),
  declineLead: step('decline'),
  releaseLead: step('release'),
  withdrawLead: step('withdraw'),
  listPartnerLeads: () => world.leads.filter((l) => l.release).map(forPartner),
  acknowledgeLead: step('acknowledge'),
  reportOutcome: step('outcome'),
  listSealed: () => world.sealed,
  listSources: () => world.sources,
  auditCheckpoint: checkpoint,
  status: () => ({
    version: '0.1.0-mock', started: world.started, outbox: 0,
    counters: { observations_accepted: 1020, winds_accepted: 102, detections_found: world.detections.length, posteriors_computed: 14, events_sent: sequence, logins_refused: 1 },
    consumers: [{ name: 'detect', pending: 0 }, { name: 'locate', pending: 3 }, { name: 'sites', pending: 0 }, { name: 'lead', pending: 0 }, { name: 'relay', pending: 12 }],
    loss: { rejected: 4, sealed: 37 },
  }),
};

// Things that only a test does to the world.
const controls = {
  '/mock/reset': () => {
    world = make(Date.now());
    sessions = new Map();
    history = [];
  },
  '/mock/empty': () => {
    Object.assign(world, { authorisations: [], flights: [], posteriors: [], sites: [], leads: [], detections: [], plumes: [], sealed: [] });
  },
  '/mock/fly': () => {
    const path = world.paths.get('survey-02');
    const last = path.at(-1);
    path.push({ ...last, time: new Date(Date.parse(last.time) + 1000).toISOString(), value: 9.5 });
  },
  '/mock/drop': () => {
    for (const l of listeners) l.response.destroy();
  },
  '/mock/site': () => {
    const site = { ...world.sites[0], version: world.sites[0].version + 1, rate_kg_h: 2.4 };
    world.sites[0] = site;
    announce('site.changed', site);
  },
};

async function bodyOf(request) {
  const chunks = [];
  for await (const c of request) chunks.push(c);
  const text = Buffer.concat(chunks).toString();
  return text ? JSON.parse(text) : undefined;
}

function answer(response, operation, status, body) {
  const type = operation && Object.keys(operation.operation.responses[status]?.content ?? { 'application/json': 0 })[0];
  if (Buffer.isBuffer(body)) return response.writeHead(status, { 'Content-Type': type }).end(body);
  if (operation) checkAnswer(operation, status, type, body);
  if (body === undefined) return response.writeHead(204).end();
  response.writeHead(status, { 'Content-Type': type ?? 'application/json', 'Cache-Control': 'no-store' });
  return response.end(typeof body === 'string' && !type.endsWith('json') ? body : JSON.stringify(body));
}

function login(response, operation, body) {
  const user = users.find((u) => u.name === body.name && u.password === body.password);
  if (!user) refuse(401, 'unauthenticated', 'the name or the password is wrong');
  const key = `s${Math.random().toString(36).slice(2)}`;
  sessions.set(key, user);
  response.setHeader('Set-Cookie', `vigia_session=${key}; HttpOnly; SameSite=Strict; Path=/`);
  answer(response, operation, 200, me(user));
}

async function api(request, response, url) {
  const operation = operationOf(request.method, url.pathname.slice('/api/v1'.length));
  try {
    if (!operation) refuse(404, 'not_found', `there is no ${request.method} ${url.pathname}`);
    const { operation: o, parameters } = operation;
    const body = request.method === 'POST' ? await bodyOf(request) : undefined;
    checkRequest(operation, body);
    if (o.operationId === 'login') return login(response, operation, body);
    const key = /vigia_session=(\w+)/.exec(request.headers.cookie ?? '')?.[1];
    const user = sessions.get(key) ?? refuse(401, 'unauthenticated', 'log in first');
    if (!o['x-vigia-roles'].includes(user.role)) refuse(403, 'forbidden', `the role ${user.role} may not ${o.operationId}`);
    if (request.method === 'POST' && request.headers['x-vigia-csrf'] !== '1') refuse(403, 'forbidden', 'the header X-Vigia-CSRF is missing');
    if (o.operationId === 'live') return move(request, response);
    if (o.operationId === 'events') return listen(request, response, user, url.searchParams);
    if (!operations[o.operationId]) throw new Error(`the mock does not do ${o.operationId}`);
    const result = operations[o.operationId]({ user, key, parameters, query: url.searchParams, body });
    return answer(response, operation, result === undefined ? 204 : o.responses['201'] ? 201 : 200, result);
  } catch (e) {
    if (e instanceof Refusal) return answer(response, operation, e.status, { code: e.code, message: e.message });
    console.error(e);
    return answer(response, undefined, 500, { code: 'internal', message: e.message });
  }
}

const types = { '.html': 'text/html; charset=utf-8', '.js': 'text/javascript', '.mjs': 'text/javascript', '.css': 'text/css', '.json': 'application/json', '.svg': 'image/svg+xml', '.txt': 'text/plain' };

async function file(response, path) {
  const name = path === '/' ? '/index.html' : path === '/partner' ? '/partner.html' : normalize(path);
  try {
    const bytes = await readFile(join(dist, name));
    response.writeHead(200, { 'Content-Type': types[extname(name)] ?? 'application/octet-stream', 'Content-Security-Policy': name === '/index.html' ? `${policy}; media-src blob:` : policy, 'X-Content-Type-Options': 'nosniff', 'Referrer-Policy': 'no-referrer' });
    response.end(bytes);
  } catch {
    response.writeHead(404).end();
  }
}

createServer((request, response) => {
  const url = new URL(request.url, 'http://localhost');
  if (controls[url.pathname] && request.method === 'POST') {
    controls[url.pathname]();
    response.writeHead(204).end();
  } else if (url.pathname.startsWith('/api/v1/')) void api(request, response, url);
  else void file(response, url.pathname);
}).listen(port, '127.0.0.1', () => console.log(`http://localhost:${port}`));
