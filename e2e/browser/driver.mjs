// A browser on a string: reads one order a line from standard input, does it in a real Chromium, and answers with one
// line of JSON on standard output, in whatever order the deeds end. It judges nothing: that is what the tests are for.
import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { resolve } from 'node:path';

const house = resolve(import.meta.dirname ?? '.', '../../frontend/tests/browser.mjs');
const { findChromium, launch } = await import(pathToFileURL(house).href);
const navigationMs = 30_000;
const actionMs = 20_000;
const weighings = 3;

if (findChromium() === null) {
  say({ id: 0, error: 'no Chromium' });
  process.exit(0);
}
const axe = await readFile(createRequire(house).resolve('axe-core/axe.min.js'), 'utf8');
const browser = await launch();
const tabs = new Map();
say({ id: 0, value: browser.version() });

const deeds = {
  /**
   * `init` is a script that runs in every document of the tab before its own; `guarded` holds pages to their policy;
   * `beside` names a tab whose browser, with all it keeps, this one shares.
   */
  async open({ tab, url, width, height, script, init, guarded, beside }) {
    const context =
      tabs.get(beside)?.context ??
      (await browser.newContext({
        viewport: { width, height },
        javaScriptEnabled: script,
        bypassCSP: script && guarded !== true, // axe has to come in past the pages' policy
        locale: 'vi-VN',
      }));
    if (init !== undefined) await context.addInitScript({ content: init });
    const page = await context.newPage();
    page.setDefaultTimeout(actionMs);
    const notes = [];
    tabs.set(tab, { context, page, notes, guest: beside !== undefined });
    page.on('console', (message) => {
      if (message.type() === 'error') notes.push(`console: ${message.text()} (${message.location().url ?? ''})`);
    });
    page.on('pageerror', (error) => notes.push(`page: ${error.name} ${error.message} ${error.stack}`));
    await page.goto(url, { timeout: navigationMs });
  },
  async go({ page, url }) {
    await page.goto(url, { timeout: navigationMs });
  },
  /** A page may go away under a question: then the next page answers it. */
  async eval({ page, text }) {
    for (let attempt = 1; ; attempt++) {
      try {
        return await page.evaluate(text);
      } catch (error) {
        if (attempt === 5 || !String(error).includes('context was destroyed')) throw error;
        await page.waitForLoadState('domcontentloaded');
      }
    }
  },
  /** Sets a cookie of an address, as its server would. */
  async cookie({ context, url, name, text }) {
    await context.addCookies([{ url, name, value: text }]);
  },
  async press({ page, text }) {
    await page.keyboard.press(text);
  },
  async type({ page, text }) {
    await page.keyboard.type(text);
  },
  async resize({ page, width, height }) {
    await page.setViewportSize({ width, height });
  },
  async shoot({ page, path, full }) {
    await page.screenshot({ path, fullPage: full === true, timeout: navigationMs });
  },
  /** What axe-core finds wrong, one line a rule. */
  async axe({ page }) {
    if (!(await page.evaluate('"axe" in window'))) await page.evaluate(axe);
    const { violations } = await page.evaluate('axe.run()');
    return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ target }) => target.join(' ')).join(', ')}`);
  },
  /**
   * Memory after a collection of garbage: bytes of the page's script heap, of the browser's own for the page, and
   * of its workers', nodes, listeners. What is on its way through a page at one moment is no part of it: the least of
   * some weighings counts.
   */
  async weigh({ page, context, state }) {
    state.cdp ??= await context.newCDPSession(page);
    state.workers ??= await workersOf(state.cdp);
    await state.cdp.send('Performance.enable');
    let least = null;
    for (let i = 0; i < weighings; i++) {
      await state.cdp.send('HeapProfiler.collectGarbage');
      const { metrics } = await state.cdp.send('Performance.getMetrics');
      const of = (name) => metrics.find((metric) => metric.name === name)?.value ?? -1;
      const workers = await state.workers.heap();
      const { embedderHeapUsedSize: blink } = await state.cdp.send('Runtime.getHeapUsage');
      const one = { heap: of('JSHeapUsedSize'), blink, workers, nodes: of('Nodes'), listeners: of('JSEventListeners') };
      least ??= one;
      for (const what in one) least[what] = Math.min(least[what], one[what]);
    }
    return least;
  },
  /** A word of the DevTools protocol, for what pages cannot do to themselves: to freeze, to crash. */
  async cdp({ page, context, state, method, params }) {
    state.cdp ??= await context.newCDPSession(page);
    return state.cdp.send(method, params);
  },
  /** Lets pages of the tab's browser do what people are asked about, such as notifications. */
  async grant({ context, page, what }) {
    await context.grantPermissions([what], { origin: new URL(page.url()).origin });
  },
  /** Hands a service worker of the page's origin a push, as the browser does when one came and was opened. */
  async push({ page, context, state, scope, data }) {
    state.cdp ??= await context.newCDPSession(page);
    const { origin } = new URL(page.url());
    state.worker ??= await new Promise((found, failed) => {
      setTimeout(() => failed(new Error(`there is no service worker for ${scope}`)), actionMs);
      state.cdp.on('ServiceWorker.workerRegistrationUpdated', ({ registrations }) => {
        const there = registrations.find(({ scopeURL, isDeleted }) => scopeURL === origin + scope && !isDeleted);
        if (there !== undefined) found(there.registrationId);
      });
      state.cdp.send('ServiceWorker.enable').catch(failed);
    });
    await state.cdp.send('ServiceWorker.deliverPushMessage', { origin, registrationId: state.worker, data });
  },
  notes: ({ state }) => state.notes.splice(0),
  /** Closes the page alone: what its browser keeps stays for the tabs beside it. */
  async leave({ page }) {
    await page.close();
  },
  async choose({ page, selector, files }) {
    await page.setInputFiles(selector, files);
  },
  async click({ page, selector, x, y }) {
    await page.click(selector, x === undefined ? {} : { position: { x, y } });
  },
  async close({ tab, context, page, guest }) {
    tabs.delete(tab);
    await (guest ? page.close() : context.close());
  },
};

/** A page's workers, who can only be asked through the page. */
async function workersOf(cdp) {
  const sessions = new Set();
  const waiting = new Map();
  let last = 0;
  cdp.on('Target.attachedToTarget', ({ sessionId, targetInfo }) => {
    if (targetInfo.type === 'worker') sessions.add(sessionId);
  });
  cdp.on('Target.detachedFromTarget', ({ sessionId }) => sessions.delete(sessionId));
  cdp.on('Target.receivedMessageFromTarget', ({ message }) => {
    const { id, result } = JSON.parse(message);
    waiting.get(id)?.(result);
    waiting.delete(id);
  });
  await cdp.send('Target.setAutoAttach', { autoAttach: true, waitForDebuggerOnStart: false, flatten: false });
  const ask = async (sessionId, method) => {
    const id = ++last;
    const answer = new Promise((done) => waiting.set(id, done));
    await cdp.send('Target.sendMessageToTarget', { sessionId, message: JSON.stringify({ id, method }) });
    return answer;
  };
  return {
    /** Bytes of their heaps together, after a collection of garbage. */
    async heap() {
      let sum = 0;
      for (const session of sessions) {
        await ask(session, 'HeapProfiler.collectGarbage');
        sum += (await ask(session, 'Runtime.getHeapUsage')).usedSize;
      }
      return sum;
    },
  };
}

createInterface({ input: process.stdin })
  .on('line', (line) => void obey(JSON.parse(line)))
  .on('close', () => void browser.close().finally(() => process.exit(0)));

async function obey({ id, do: deed, ...order }) {
  const state = tabs.get(order.tab);
  try {
    if (deed !== 'open' && state === undefined) throw new Error(`there is no tab ${order.tab}`);
    say({ id, value: (await deeds[deed]({ ...order, ...state, state })) ?? null });
  } catch (error) {
    say({ id, error: error.message ?? String(error) });
  }
}

function say(answer) {
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
