import { existsSync, readFileSync, readdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { Plugin } from 'vite';

interface Package {
  name: string;
  version: string;
  license?: string;
}

// packageOf returns the folder of the package that a module belongs to.
function packageOf(module: string): string | undefined {
  const path = module.replace(/^\0/, '').split('?')[0] ?? '';
  if (!path.includes('/node_modules/')) return undefined;
  for (let dir = dirname(path); dir.includes('/node_modules/'); dir = dirname(dir)) {
    const file = join(dir, 'package.json');
    if (existsSync(file) && (JSON.parse(readFileSync(file, 'utf8')) as Package).name) return dir;
  }
  return undefined;
}

// licences writes a file with the licence of every package of which code or
// data is in the build.
export function licences(fileName: string): Plugin {
  return {
    name: 'licences',
    generateBundle() {
      const dirs = new Set<string>();
      for (const id of this.getModuleIds()) {
        const dir = packageOf(id);
        if (dir) dirs.add(dir);
      }
      const texts = [...dirs].map((dir) => {
        const { name, version, license } = JSON.parse(readFileSync(join(dir, 'package.json'), 'utf8')) as Package;
        const file = readdirSync(dir).find((f) => /^licen[cs]e/i.test(f));
        const text = file ? readFileSync(join(dir, file), 'utf8').trim() : '';
        return `${name} ${version} (${license ?? 'see its text'})\n\n${text}\n`;
      });
      const source = texts.sort().join(`\n${'-'.repeat(78)}\n\n`);
      this.emitFile({ type: 'asset', fileName, source });
    },
  };
}
