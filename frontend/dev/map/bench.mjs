// What an update of the map costs the page's main thread, beside the naive way in the same run: npm run bench:map [-- COUNT…]
// Rounds of the two alternate; time is the main thread's own processor time, so that a busy machine spoils less of it.
// A sample is two seconds: all the thread did in them, by the updates in them. The naive way spreads the work of one
// update over several, because the library itself keeps one in flight; by single updates most of it would be missed.
import { launch } from '../../tests/browser.mjs';
import { openStand } from './stand.mjs';

const rounds = 3;
const samples = 5;
const perSample = 8;
const changed = 100;
const everyMs = 250;
const settleMs = 4000;
/** Of naive, by the median. */
const limits = { 2000: null, 10_000: 0.3, 50_000: 0.1 };
const ways = ['ours', 'naive'];

const stand = await openStand();
const browser = await launch();
const page = await browser.newPage({ viewport: { width: 1920, height: 1080 } });
const control = await page.context().newCDPSession(page);
await control.send('Performance.enable', { timeDomain: 'threadTicks' });
await page.goto(stand.url);
await page.evaluate(() => window.stand.ready());

const costs = {};
const wanted = process.argv.slice(2).map(Number);
for (const count of wanted.length > 0 ? wanted : Object.keys(limits).map(Number)) {
  costs[count] = { ours: [], naive: [] };
  for (let round = 0; round < rounds; round++) {
    for (const way of round % 2 === 0 ? ways : ways.toReversed()) {
      await prepare(way, count);
      for (let i = 0; i < samples; i++) costs[count][way].push(await sample((round * samples + i) * perSample));
    }
  }
}
await browser.close();
await stand.close();

let over = false;
const verdicts = [];
console.log(
  `main-thread processor time of an update, ms (${changed} marks changing every ${everyMs} ms, ${rounds} rounds of ${samples} times ${perSample} updates each)`,
);
console.log('marks    ours median   ours p95   naive median   naive p95   ratio of medians   limit');
for (const [count, { ours, naive }] of Object.entries(costs)) {
  const ratio = at(ours, 0.5) / at(naive, 0.5);
  const limit = limits[count];
  const cells = [at(ours, 0.5), at(ours, 0.95), at(naive, 0.5), at(naive, 0.95)].map((ms) => ms.toFixed(1));
  console.log(
    [count.padEnd(6), cells[0].padStart(13), cells[1].padStart(10), cells[2].padStart(14), cells[3].padStart(11)].join(
      ' ',
    ),
    ratio.toFixed(3).padStart(18),
    limit === null ? '      -' : `  ${limit}`,
  );
  if (limit === null) continue;
  over ||= ratio > limit;
  verdicts.push(
    `VERDICT at ${count} marks: ${ratio.toFixed(3)} of naive, limit ${limit}: ${ratio > limit ? 'NOT HELD' : 'held'}`,
  );
}
for (const verdict of verdicts) console.log(verdict);
process.exit(over ? 1 : 0);

async function prepare(way, count) {
  await page.evaluate(
    ([kind, n]) => {
      const options = { width: 740, height: 760, marks: window.stand.scatter(n, 7) };
      if (kind === 'ours') window.stand.open(options);
      else window.stand.openNaive(options);
    },
    [way, count],
  );
  await page.waitForTimeout(settleMs);
  for (let i = 0; i < 4; i++) await update(1_000_000 + i);
}

async function sample(seed) {
  const before = await busy();
  for (let i = 1; i <= perSample; i++) await update(seed + i);
  return ((await busy()) - before) / perSample;
}

async function update(seed) {
  await page.evaluate(([n, s]) => window.stand.tick(n, s), [changed, seed]);
  await page.waitForTimeout(everyMs);
}

/** Processor time of the main thread so far, in ms. */
async function busy() {
  const { metrics } = await control.send('Performance.getMetrics');
  return metrics.find(({ name }) => name === 'TaskDuration').value * 1000;
}

function at(values, share) {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))];
}
