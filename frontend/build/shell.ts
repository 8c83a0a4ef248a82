// What wall and report form need to start without a server: tells their service workers the names of the files, and marks
// what a wall keeps with how it reads the wire.
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { build, type Plugin, type ResolvedConfig } from 'vite';

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

/** Builds the report form, and writes into each worker the list of its page's files, in place of __SHELL__. */
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
      await buildForm(config);
      await tellFiles(dist, 'wall');
      await tellFiles(dist, 'report');
    },
  };
}

/**
 * Builds the report form and its service worker apart from wall and console: a phone on a poor network should not load
 * what only those need of the code they would share, and some browsers run only service workers that import nothing.
 */
async function buildForm({ root, build: { outDir, target } }: ResolvedConfig): Promise<void> {
  const plain = { configFile: false, root, publicDir: false, logLevel: 'warn' } as const;
  const into = { outDir, emptyOutDir: false, target, assetsInlineLimit: 0, modulePreload: { polyfill: false } };
  await build({
    ...plain,
    plugins: [svelte()],
    build: { ...into, rolldownOptions: { input: join(root, 'report.html') } },
  });
  const lib = {
    entry: join(root, 'src/report/worker.ts'),
    formats: ['iife' as const],
    name: 'formWorker',
    fileName: () => 'report-worker.js',
  };
  await build({ ...plain, build: { ...into, lib } });
}

/** Writes the names of a page's files into its worker. */
async function tellFiles(dist: string, name: string): Promise<void> {
  const files = await reached(dist, `${name}.html`);
  const path = join(dist, `${name}-worker.js`);
  const code = await readFile(path, 'utf8');
  if (!code.includes('__SHELL__')) throw new Error(`the service worker of ${name} has no place for the list of files`);
  const hash = createHash('sha256').update(files.join()).digest('hex').slice(0, 12);
  await writeFile(path, code.replace('__SHELL__', JSON.stringify({ mark: hash, files })));
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
