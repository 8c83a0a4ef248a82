// How a page relates to its own files: kept for a start without a server, or replaced by those of another build.

/** Lets the service worker keep this page. Without https, or on loopback, a browser has none: then nothing is kept. */
export async function keepShell(): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  try {
    await navigator.serviceWorker.register('/wall/worker.js', { type: 'module', updateViaCache: 'none' });
  } catch {
    // The wall works without; the next page tries again.
  }
}

/** Takes the kept page away again. What the worker holds goes with the page's next start. */
export async function forgetShell(): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  try {
    const [registration, names] = await Promise.all([navigator.serviceWorker.getRegistration('/wall/'), caches.keys()]);
    const shells = names.filter((name) => name.startsWith('wall-shell-'));
    await Promise.all([registration?.unregister(), ...shells.map((name) => caches.delete(name))]);
  } catch {
    // Then nothing was kept.
  }
}

const answerMs = 5000;

/** Whether the server answers; a reload while it is away would gain nothing. */
export async function serverAnswers(): Promise<boolean> {
  try {
    return (await fetch('/healthz', { cache: 'no-store', signal: AbortSignal.timeout(answerMs) })).ok;
  } catch {
    return false;
  }
}

/** Whether the server's page is made of other files than this one, as after an update; false when it does not say. */
export async function isOutdated(): Promise<boolean> {
  const own = document.querySelector<HTMLScriptElement>('script[type="module"][src]')?.getAttribute('src');
  if (own == null) return false;
  try {
    const signal = AbortSignal.timeout(answerMs);
    const response = await fetch(window.location.href, { cache: 'no-store', signal, headers: { Accept: 'text/html' } });
    return response.ok && !(await response.text()).includes(own);
  } catch {
    return false;
  }
}
