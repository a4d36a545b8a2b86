// Fails when src/api/schema.d.ts is not what openapi.json says.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const out = join(mkdtempSync(join(tmpdir(), 'types-')), 'schema.d.ts');
execFileSync('npx', ['openapi-typescript', '../openapi.json', '-o', out], { stdio: ['ignore', 'ignore', 'inherit'] });
if (readFileSync(out, 'utf8') !== readFileSync('src/api/schema.d.ts', 'utf8')) {
  console.error('src/api/schema.d.ts is not made from ../openapi.json: run npm run types');
  process.exit(1);
}
