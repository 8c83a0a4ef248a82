// What the wall needs to start without a server: tells the service worker the names of the files, and marks what a
// page keeps with how it reads the wire.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Plugin, ResolvedConfig } from 'vite';

/** A hash of the sources that decide how what was kept must be read: another one makes old pictures unreadable. */
export function wireMark(root: string): string {
  const wire = readdirSync(join(root, 'src/wire')).filter((name) => name.endsWith('.ts') && !name.includes('.test.'));
  const kept = [
    'src/live/situation.ts',
    'src/wall/keepsake.ts',
    'src/wall/place.ts',
    'src/rules/scene.ts',
    'src/api/screen.ts',
  ];
  const sources = [...wire.map((name) => `src/wire/${name}`), ...kept].sort();
  const hash = createHash('sha256');
  for (const source of sources) hash.update(readFileSync(join(root, source)));
  return hash.digest('hex').slice(0, 12);
}

/** Writes the list of the wall's files into the built service worker, in place of __SHELL__. */
export function shell(): Plugin {
  let config: ResolvedConfig;
  return {
    name: 'shell',
    apply: 'build',
    configResolved(resolved) {
      config = resolved;
    },
    async writeBundle() {
      const dist = join(config.root, config.build.outDir);
      const files = await reached(dist, 'wall.html');
      const path = join(dist, 'wall-worker.js');
      const code = await readFile(path, 'utf8');
      if (!code.includes('__SHELL__')) throw new Error('the service worker has no place for the list of files');
      const hash = createHash('sha256').update(files.join()).digest('hex').slice(0, 12);
      await writeFile(path, code.replace('__SHELL__', JSON.stringify({ mark: hash, files })));
    },
  };
}

/** The assets a page names, with everything those name in turn, loaded at once or later. */
async function reached(dist: string, page: string): Promise<string[]> {
  const names = await readdir(join(dist, 'assets'));
  const found = new Set<string>();
  const queue = [await readFile(join(dist, page), 'utf8')];
  for (let text = queue.pop(); text !== undefined; text = queue.pop()) {
    for (const name of names) {
      if (found.has(name) || !text.includes(name)) continue;
      found.add(name);
      if (/\.(?:m?js|css)$/.test(name)) queue.push(await readFile(join(dist, 'assets', name), 'utf8'));
    }
  }
  return [...found].sort().map((name) => `/assets/${name}`);
}
