// Measures the tasks of a page's main thread while something is done.
const tooLongMs = 50;

/** Returns a function that does a deed and tells the longest task meanwhile. */
export async function tasksOf(browser, page) {
  const tracing = await browser.newBrowserCDPSession();
  let events = [];
  tracing.on('Tracing.dataCollected', ({ value }) => events.push(...value));
  return async (name, deed) => {
    events = [];
    const traceConfig = { includedCategories: ['toplevel'], recordMode: 'recordAsMuchAsPossible' };
    await tracing.send('Tracing.start', { transferMode: 'ReportEvents', traceConfig });
    await deed();
    await page.waitForTimeout(300);
    const ended = new Promise((done) => tracing.once('Tracing.tracingComplete', done));
    await tracing.send('Tracing.end');
    await ended;
    const threads = new Map(
      events.filter((e) => e.name === 'thread_name').map((e) => [`${e.pid}/${e.tid}`, e.args.name]),
    );
    const tasks = events.filter(
      (e) => e.ph === 'X' && e.name.endsWith('RunTask') && threads.get(`${e.pid}/${e.tid}`) === 'CrRendererMain',
    );
    const longest = (of) => Math.max(0, ...tasks.map((task) => (task[of] ?? 0) / 1000)).toFixed(0);
    const over = tasks.filter((task) => (task.tdur ?? 0) / 1000 > tooLongMs).length;
    console.log(
      `${name}: longest task ${longest('tdur')} ms of processor (${longest('dur')} by the clock), ${over} over ${tooLongMs}`,
    );
  };
}
