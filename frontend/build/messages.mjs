// Compiles messages/*.json to typed functions in src/i18n/messages. Paraglide only warns when its plugin
// cannot be loaded and then produces nothing, so this script counts what came out and fails on a shortfall.
import { readFile, stat } from 'node:fs/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { compile } from '@inlang/paraglide-js';

const root = new URL('../', import.meta.url);
const path = (name) => fileURLToPath(new URL(name, root));

async function keys(locale) {
  const messages = JSON.parse(await readFile(path(`messages/${locale}.json`), 'utf8'));
  return Object.keys(messages).filter((key) => key !== '$schema');
}

function missing(from, among) {
  const held = new Set(among);
  return from.filter((key) => !held.has(key));
}

const outdir = path('src/i18n/messages');

const changedAt = async (name) => (await stat(path(name)).catch(() => null))?.mtimeMs ?? 0;
const made = await changedAt('src/i18n/messages/messages.js');
const sources = [
  'messages/vi.json',
  'messages/en.json',
  'project.inlang/settings.json',
  'package-lock.json',
  'build/messages.mjs',
];
if ((await Promise.all(sources.map(changedAt))).every((at) => at < made)) process.exit(0);
await compile({
  project: path('project.inlang'),
  outdir,
  strategy: ['globalVariable', 'baseLocale'],
  emitTsDeclarations: true,
  emitReadme: false,
  emitGitIgnore: false,
  emitPrettierIgnore: false,
});

const [vi, en] = await Promise.all([keys('vi'), keys('en')]);
const compiled = Object.keys(await import(pathToFileURL(`${outdir}/messages.js`).href));
const faults = [
  ...(compiled.length < vi.length ? [`${compiled.length} messages compiled, ${vi.length} expected`] : []),
  ...(vi.length === 0 ? ['messages/vi.json is empty'] : []),
  ...missing(vi, en).map((key) => `messages/en.json lacks ${key}`),
  ...missing(en, vi).map((key) => `messages/vi.json lacks ${key}`),
];
if (faults.length > 0) {
  console.error(faults.join('\n'));
  process.exit(1);
}
// The compiler leaves timers of half a minute behind; nothing here waits for them.
process.exit(0);
