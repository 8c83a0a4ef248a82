// Writes a .br and a .gz beside every text asset of the build, so that the server only has to send bytes.
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants, gzip } from 'node:zlib';
import type { Plugin, ResolvedConfig } from 'vite';

const brotli = promisify(brotliCompress);
const deflate = promisify(gzip);
const text = /\.(?:js|mjs|css|html|svg|json|txt|webmanifest)$/;

// Below this a compressed copy saves less than its own response headers cost.
const leastBytes = 512;

async function compressFile(path: string): Promise<void> {
  const raw = await readFile(path);
  if (raw.byteLength < leastBytes) return;
  const params = { [constants.BROTLI_PARAM_QUALITY]: 11, [constants.BROTLI_PARAM_SIZE_HINT]: raw.byteLength };
  await writeFile(`${path}.br`, await brotli(raw, { params }));
  await writeFile(`${path}.gz`, await deflate(raw, { level: 9 }));
}

export function precompress(): Plugin {
  let config: ResolvedConfig;
  return {
    name: 'precompress',
    apply: 'build',
    configResolved(resolved) {
      config = resolved;
    },
    async closeBundle() {
      const dir = join(config.root, config.build.outDir);
      const entries = await readdir(dir, { recursive: true, withFileTypes: true });
      for (const entry of entries) {
        if (entry.isFile() && text.test(entry.name)) await compressFile(join(entry.parentPath, entry.name));
      }
    },
  };
}
