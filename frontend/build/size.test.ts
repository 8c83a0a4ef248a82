import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';

const run = promisify(execFile);
const script = fileURLToPath(new URL('size.mjs', import.meta.url));
const kB = 1000;

/** Bytes that do not compress. */
const noise = (size: number): string => randomBytes(Math.ceil((size * 3) / 4)).toString('base64');

interface Build {
  wall?: number;
  leader?: number;
  shared?: number;
  map?: number;
  mapPart?: number;
  worker?: number;
  font?: number;
  form?: number;
  formStyle?: number;
  formWorker?: number;
}

const folders: string[] = [];

async function build(sizes: Build): Promise<string> {
  const dist = `${await mkdtemp(join(tmpdir(), 'toancanh-size-'))}/`;
  folders.push(dist);
  await mkdir(`${dist}assets`);
  const page = (name: string): string =>
    `<script src="/assets/${name}-AbCd1234.js"></script><link href="/assets/${name}-AbCd1234.css">`;
  const files: Record<string, string | Buffer> = {
    'wall.html': page('wall'),
    'console.html': page('console'),
    'leader.html': page('leader'),
    'report.html': page('report'),
    'wall-worker.js': 'x',
    'console-worker.js': 'x',
    'report-worker.js': `"${noise((sizes.formWorker ?? 1) * kB)}"`,
    'assets/report-AbCd1234.js': `"${noise((sizes.form ?? 1) * kB)}"`,
    'assets/report-AbCd1234.css': `/*${noise((sizes.formStyle ?? 1) * kB)}*/`,
    'assets/wall-AbCd1234.js': `import"./shared-AbCd1234.js";import("./glMap-AbCd1234.js");"${noise((sizes.wall ?? 1) * kB)}"`,
    'assets/shared-AbCd1234.js': `"${noise((sizes.shared ?? 1) * kB)}"`,
    'assets/wall-AbCd1234.css': 'x',
    'assets/console-AbCd1234.js': 'x',
    'assets/console-AbCd1234.css': 'x',
    'assets/leader-AbCd1234.js': `"${noise((sizes.leader ?? 1) * kB)}"`,
    'assets/leader-AbCd1234.css': 'x',
    'assets/glMap-AbCd1234.js': `import"./other-AbCd1234.js";import"./shared-AbCd1234.js";"${noise((sizes.map ?? 1) * kB)}"`,
    'assets/other-AbCd1234.js': `"${noise((sizes.mapPart ?? 1) * kB)}"`,
    'assets/maplibre-gl-worker-AbCd1234.mjs': `"${noise((sizes.worker ?? 1) * kB)}"`,
    'assets/font-AbCd1234.woff2': Buffer.alloc((sizes.font ?? 1) * kB),
  };
  for (const [name, content] of Object.entries(files)) await writeFile(dist + name, content);
  return dist;
}

async function verdict(dist: string): Promise<{ code: number; over: string[] }> {
  const { code, stdout } = await run('node', [script, dist]).then(
    ({ stdout }) => ({ code: 0, stdout }),
    (err: unknown) => err as { code: number; stdout: string },
  );
  return { code, over: [...stdout.matchAll(/^OVER ([\w ]+):/gm)].map((match) => match[1] ?? '') };
}

afterEach(async () => {
  await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true })));
});

describe('the budgets', () => {
  it.each([
    ['hold for a small build', {}, []],
    ['hold at their edge', { wall: 60, shared: 30, map: 300, mapPart: 70, worker: 190, font: 69 }, []],
    ['are exceeded by the code of the wall', { wall: 100 }, ['wall code']],
    ['count what the wall imports', { wall: 50, shared: 50 }, ['wall code']],
    ["are exceeded by the leader's card", { leader: 100 }, ['leader code']],
    ['are exceeded by the map', { map: 400 }, ['map library']],
    ['count a part of the map that has another name', { map: 200, mapPart: 200 }, ['map library']],
    ["are exceeded by the map's worker", { worker: 205 }, ['map worker']],
    [
      "count the form's scripts, styles and worker together",
      { form: 20, formStyle: 20, formWorker: 20 },
      ['report form'],
    ],
    ['are exceeded by fonts, which are not compressed', { font: 71 }, ['fonts']],
  ] as [string, Build, string[]][])('%s', async (_, sizes, want) => {
    expect(await verdict(await build(sizes))).toEqual({ code: want.length === 0 ? 0 : 1, over: want });
  });
});
