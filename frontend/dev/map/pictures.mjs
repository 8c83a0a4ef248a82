// Pictures of the map alone, to be looked at: npm run shots:map -- OUT [names that begin so]
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { launch } from '../../tests/browser.mjs';
import { openStand, withoutWebGl } from './stand.mjs';

const [out = 'shots', only = ''] = process.argv.slice(2);
const scenes = ['calm', 'stacks', 'area', 'district', 'far', 'many', 'crowd'];
const settleMs = 5000;

await mkdir(out, { recursive: true });
const stand = await openStand();
const browser = await launch();
for (const height of [1080, 2160]) {
  for (const name of height === 1080 ? scenes : ['stacks', 'far']) {
    for (const gl of [true, false]) {
      const file = `${name}-${height}-${gl ? 'gl' : 'svg'}.png`;
      if (file.startsWith(only)) await shoot({ name, height, gl, file });
    }
  }
}
await browser.close();
await stand.close();

async function shoot({ name, height, gl, file }) {
  const page = await browser.newPage({ viewport: { width: (height * 16) / 9, height } });
  page.on('pageerror', (error) => console.log(file, error.message));
  if (!gl) await page.addInitScript({ content: withoutWebGl });
  await page.goto(stand.url);
  await page.evaluate(() => window.stand.ready());
  await page.evaluate((scene) => window.stand.scene(scene), name);
  await page.waitForTimeout(settleMs * (name === 'crowd' ? 2 : 1));
  const clip = { x: 0, y: 0, width: (740 * height) / 1080, height: (760 * height) / 1080 };
  await page.screenshot({ path: join(out, file), clip });
  console.log(join(out, file));
  await page.close();
}
