// Holds the faces to their budgets after a build: what a page must load first, gzipped, per kind. Ends with 1 when a
// budget is exceeded. Usage: node build/size.mjs [folder of the build]
import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { gzipSync } from 'node:zlib';

const dist = process.argv[2] ?? fileURLToPath(new URL('../dist/', import.meta.url));
const kB = 1000;

/** In kB; fonts as they are, everything else gzipped. */
const budgets = {
  'wall code': 70,
  'console code': 120,
  'leader code': 70,
  'map library': 290,
  'map worker': 150,
  'wall worker': 3,
  'console worker': 2,
  'wall styles': 15,
  'report form': 45, // scripts and styles together, the worker's too
  fonts: 70,
};

const names = await readdir(`${dist}assets`);
const bytes = async (name) => {
  const raw = await readFile(names.includes(name) ? `${dist}assets/${name}` : `${dist}${name}`);
  return name.endsWith('.woff2') ? raw.byteLength : gzipSync(raw, { level: 9 }).byteLength;
};

/** The scripts or styles a page names, with everything they import at once. */
async function firstLoad(page, extension) {
  const html = await readFile(`${dist}${page}.html`, 'utf8');
  const found = await closure([...html.matchAll(/assets\/([\w.-]+)/g)].map((match) => match[1]));
  return found.filter((name) => name.endsWith(extension));
}

/** Files with everything they import at once: how the bundler cuts and names the parts does not matter. */
async function closure(files) {
  const found = new Set();
  const queue = [...files];
  while (queue.length > 0) {
    const name = queue.pop();
    if (found.has(name) || !names.includes(name)) continue;
    found.add(name);
    if (!name.endsWith('.js')) continue;
    const code = await readFile(`${dist}assets/${name}`, 'utf8');
    // Static imports only: what is imported with import() comes later.
    for (const match of code.matchAll(/(?:from|import)\s*["'`]\.\/([\w.-]+)["'`]/g)) queue.push(match[1]);
  }
  return [...found];
}

const matching = (pattern) => names.filter((name) => pattern.test(name));
const wallCode = await firstLoad('wall', '.js');
const groups = {
  'wall code': wallCode,
  'console code': await firstLoad('console', '.js'),
  'leader code': await firstLoad('leader', '.js'),
  'map library': (await closure(matching(/^glMap-.*\.js$/))).filter((name) => !wallCode.includes(name)),
  'map worker': matching(/^maplibre-gl-worker-.*\.mjs$/),
  'wall worker': ['wall-worker.js'],
  'console worker': ['console-worker.js'],
  'wall styles': await firstLoad('wall', '.css'),
  'report form': [...(await firstLoad('report', '.js')), ...(await firstLoad('report', '.css')), 'report-worker.js'],
  fonts: matching(/\.woff2$/),
};

let over = false;
for (const [group, files] of Object.entries(groups)) {
  const sizes = await Promise.all(files.map(bytes));
  const size = sizes.reduce((sum, n) => sum + n, 0) / kB;
  const fits = files.length > 0 && size <= budgets[group];
  over ||= !fits;
  console.log(
    `${fits ? 'ok  ' : 'OVER'} ${group}: ${size.toFixed(1)} of ${budgets[group]} kB${files.length === 0 ? ' (no file found)' : ''}`,
  );
}

// What a page loads only when it needs it: shown, so that growth is seen.
const held = new Set(Object.values(groups).flat());
for (const name of names.filter((n) => /\.m?js$/.test(n) && !held.has(n)))
  console.log(`lazy ${name.replace(/-[\w-]{8}\.m?js$/, '')}: ${((await bytes(name)) / kB).toFixed(1)} kB`);
process.exit(over ? 1 : 0);
