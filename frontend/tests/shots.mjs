// Pictures of the wall and the console in every size that matters, and what axe-core and the console say.
// Usage: npm run shots -- --base http://127.0.0.1:8080 --out shots [--pages wall,console] [--wait 4000]
import { mkdir, readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { launch } from './browser.mjs';

const flag = (name, fallback) => {
  const i = process.argv.indexOf(`--${name}`);
  return i < 0 ? fallback : process.argv[i + 1];
};
const base = flag('base', 'http://127.0.0.1:8090');
const out = flag('out', 'shots');
const wait = Number(flag('wait', '4000'));
const wanted = flag('pages', 'wall,console').split(',');
const prefix = flag('prefix', '');
const sizes = flag('sizes', '1920x1080,3840x2160,1366x768,320x640')
  .split(',')
  .map((size) => size.split('x').map(Number));
const paths = { wall: '/wall/tinh', console: '/console' };
const axe = await readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

await mkdir(out, { recursive: true });
const browser = await launch();
let faults = 0;
for (const name of wanted) {
  for (const [width, height] of sizes) faults += await shoot(name, width, height);
}
await browser.close();
process.exit(faults > 0 ? 1 : 0);

async function shoot(name, width, height) {
  const context = await browser.newContext({ viewport: { width, height }, bypassCSP: false });
  const page = await context.newPage();
  const notes = [];
  page.on('console', (message) => {
    if (message.type() === 'error' || message.type() === 'warning') notes.push(message.text().slice(0, 300));
  });
  page.on('pageerror', (error) => notes.push(error.message));
  await page.goto(base + paths[name]);
  await page
    .waitForFunction(() => document.documentElement.dataset.live !== 'connecting', null, { timeout: 20_000 })
    .catch(() => notes.push('still connecting'));
  await page.waitForTimeout(wait);
  const file = join(out, `${prefix}${name}-${width}x${height}.png`);
  await page.screenshot({ path: file, fullPage: width < 900 });
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  if (wide > 0) notes.push(`page is ${wide} px wider than the screen`);
  const violations = await check(page);
  console.log(
    `${file}: live=${await page.evaluate(() => document.documentElement.dataset.live)}`,
    [...notes, ...violations].join(' | '),
  );
  await context.close();
  return notes.length + violations.length;
}

async function check(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => window.axe.run());
  return violations.map(
    (v) =>
      `axe ${v.id}: ${v.nodes
        .map((n) => n.target.join(' '))
        .join(', ')
        .slice(0, 200)}`,
  );
}
