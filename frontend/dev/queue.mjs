// How smooth the console's table of reports is: every report of a running server is fetched and scrolled through in a
// real Chromium, and the longest task of the page's main thread is told, as time of the processor and of the clock (on a
// busy machine the clock runs on while others work).
// Usage: npm run bench:queue -- [http://127.0.0.1:8080]; the machine itself must be trusted there, as with `toancanh up`.
import { launch } from '../tests/browser.mjs';
import { tasksOf } from './tasks.mjs';

const base = process.argv[2] ?? 'http://127.0.0.1:8080';
const browser = await launch();
const page = await (await browser.newContext({ viewport: { width: 1366, height: 768 } })).newPage();
const measure = await tasksOf(browser, page);

await page.goto(`${base}/console#phan-anh?open=`);
await page.waitForSelector('.row');
await page.waitForTimeout(2000); // the page's own beginning is not what is measured

await measure('fetch all', async () => {
  await page.click('.told button');
  await page.waitForFunction(() => document.querySelector('.told button') === null, null, { timeout: 300_000 });
});
const rows = await page.getAttribute('[role=grid]', 'aria-rowcount');
await measure('scroll 120 frames, 600 px each', () => scroll(120, 'frame'));
await measure('jump to 60 places', () => scroll(60, 'jump'));
await measure('End, Home, 40 times J', async () => {
  await page.focus('[role=grid]');
  for (const key of ['End', 'Home', ...Array(40).fill('j')]) await page.keyboard.press(key);
});
await measure('mark all', () => page.keyboard.press('Control+a'));
console.log(`${Number(rows) - 1} rows`);
await browser.close();

async function scroll(times, how) {
  await page.evaluate(
    async ([n, kind]) => {
      const grid = document.querySelector('[role=grid]');
      for (let i = 0; i < n; i++) {
        grid.scrollTop = kind === 'jump' ? Math.random() * grid.scrollHeight : grid.scrollTop + 600;
        await new Promise((done) => window.requestAnimationFrame(done));
      }
    },
    [times, how],
  );
}
