// The wall's service worker: it keeps the page itself, so that a wall whose server is away still starts and can show
// its last picture. It keeps no data and answers nothing but the wall's page and the hashed files it is made of.
import { answerPage, isPage, keepShell, keptFile, type Shell } from './shelf';
import type { WorkerScope } from './worker-scope';

/** Put in by the build. */
declare const __SHELL__: Shell;

const scope = globalThis as unknown as WorkerScope;
const shell = __SHELL__;

scope.addEventListener('install', (event) => {
  event.waitUntil(install());
});

scope.addEventListener('activate', (event) => {
  event.waitUntil(scope.clients.claim());
});

scope.addEventListener('fetch', (event) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== location.origin) return;
  if (event.request.mode === 'navigate' && isPage(url.pathname)) event.respondWith(answerPage(event.request));
  else if (url.pathname.startsWith('/assets/')) event.respondWith(keptFile(event.request));
});

async function install(): Promise<void> {
  const windows = await scope.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const page = windows.map(({ url }) => url).find((url) => isPage(new URL(url).pathname));
  await keepShell(shell, page ?? '/wall/tinh');
  await scope.skipWaiting();
}
