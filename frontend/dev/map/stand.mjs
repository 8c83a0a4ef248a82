// Builds the map's stand (dev/map/index.html) into a directory of its own and serves it on a free port of this machine.
import { createReadStream } from 'node:fs';
import { mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { build } from 'vite';
import { loadAreas, schematic } from '../sample.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const types = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript',
  '.mjs': 'text/javascript',
  '.css': 'text/css',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
  '.woff2': 'font/woff2',
};

/** A script that takes WebGL away from a page. */
export const withoutWebGl = `{
  const real = HTMLCanvasElement.prototype.getContext;
  HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
    return kind.startsWith('webgl') ? null : real.call(this, kind, ...rest);
  };
}`;

/** Builds and serves; `files` are further files by name. The caller closes it. */
export async function openStand(files = {}) {
  const out = await mkdtemp(join(tmpdir(), 'toancanh-stand-'));
  await build({
    root: here,
    configFile: false,
    logLevel: 'error',
    base: './',
    plugins: [svelte({ configFile: fileURLToPath(new URL('../../svelte.config.js', import.meta.url)) })],
    build: {
      outDir: out,
      minify: process.env.STAND_MINIFY !== 'no',
      emptyOutDir: true,
      target: 'es2022',
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 2000,
    },
  });
  const { areas, outline } = await loadAreas();
  const shapes = schematic(areas, outline);
  const held = (collection) => ({ features: collection, credit: collection.credit });
  const all = { communes: held(shapes.commune), districts: held(shapes.district), province: held(shapes.province) };
  await writeFile(join(out, 'shapes.json'), JSON.stringify(all));
  for (const [name, body] of Object.entries(files)) await writeFile(join(out, name), body);
  const server = createServer((request, response) => void answer(out, request, response));
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  return {
    url: `http://127.0.0.1:${server.address().port}/index.html`,
    async close() {
      await new Promise((done) => server.close(done) && server.closeAllConnections());
      await rm(out, { recursive: true, force: true });
    },
  };
}

async function answer(out, request, response) {
  const path = normalize(decodeURIComponent(new URL(request.url, 'http://stand').pathname));
  const file = join(out, path);
  const size = file.startsWith(out) ? ((await stat(file).catch(() => null))?.size ?? -1) : -1;
  if (size < 0) return response.writeHead(404).end();
  const type = { 'content-type': types[extname(file)] ?? 'application/octet-stream' };
  const range = /^bytes=(\d+)-(\d+)$/.exec(request.headers.range ?? '');
  if (range === null) {
    response.writeHead(200, { ...type, 'content-length': size });
    return createReadStream(file).pipe(response);
  }
  const [start, end] = [Number(range[1]), Math.min(Number(range[2]), size - 1)];
  response.writeHead(206, {
    ...type,
    'content-range': `bytes ${start}-${end}/${size}`,
    'content-length': end - start + 1,
  });
  return createReadStream(file, { start, end }).pipe(response);
}
