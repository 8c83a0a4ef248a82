// How smooth the console's alarms are in a flood: a stand-in server holds ten thousand and tells of new ones without end, and
// the longest task of the page's main thread is told, as time of the processor and of the clock (on a busy machine the clock
// runs on while others work). Usage: npm run bench:alarms [-- --rate 20]
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { launch } from '../tests/browser.mjs';
import { tasksOf } from './tasks.mjs';

const i = process.argv.indexOf('--rate');
const rate = i < 0 ? '20' : process.argv[i + 1];
const port = 8097;
const mock = spawn(process.execPath, ['dev/mock.mjs', '--port', String(port), '--mode', 'flood', '--rate', rate]);
await once(mock.stdout, 'data');
const browser = await launch();
try {
  const page = await (await browser.newContext({ viewport: { width: 1366, height: 768 } })).newPage();
  const measure = await tasksOf(browser, page);
  await page.goto(`http://127.0.0.1:${String(port)}/console#canh-bao`);
  await page.waitForSelector('.grid .row');
  await page.waitForFunction(() => Number(document.querySelector('.grid').ariaRowCount) > 9900, null, {
    timeout: 60_000,
  });
  await page.waitForTimeout(2000); // the page's own beginning is not what is measured
  await measure(`${rate} new alarms a second for 10 s`, () => page.waitForTimeout(10_000));
  await measure('scroll 120 frames, 600 px each', () => scroll(page, 120));
  await measure('End, Home, 40 times J', async () => {
    await page.focus('.grid');
    for (const key of ['End', 'Home', ...Array(40).fill('j')]) await page.keyboard.press(key);
  });
  await measure('the new ones into the list', () => page.keyboard.press('r'));
  await measure('take an alarm, take a group', async () => {
    await page.keyboard.press('a');
    await page.click('[data-group] button');
  });
  console.log(`${await page.getAttribute('.grid', 'aria-rowcount')} rows`);
} finally {
  await browser.close();
  mock.kill();
}

function scroll(page, times) {
  return page.evaluate(async (n) => {
    const grid = document.querySelector('.grid');
    for (let i = 0; i < n; i++) {
      grid.scrollTop += 600;
      await new Promise((done) => window.requestAnimationFrame(done));
    }
  }, times);
}
