// The form's service worker: it keeps the page, so that the form opens without a network, and empties the outbox when
// the browser says that there is one again. It keeps no answer but the map of the communes.
import { answerPage, keepShell, renewPage, keptAnswer, keptFile, type Face, type Shell } from '../shell/shelf';
import type { FetchEvent, WorkerEvent, WorkerScope } from '../shell/worker-scope';
import { Outbox } from './outbox';
import { channelName, openShelf } from './shelf';
import { turnOf } from './turn';

/** Put in by the build. */
declare const __SHELL__: Shell;

interface SyncEvent extends WorkerEvent {
  readonly tag: string;
}

const scope = globalThis as unknown as WorkerScope;
const shell = __SHELL__;
const face: Face = { prefix: 'phan-anh-shell-', page: '/phan-anh', isPage: (path) => path === '/phan-anh' };

scope.addEventListener('install', (event) => {
  event.waitUntil(keepShell(shell, face.page, face).then(() => scope.skipWaiting()));
});

scope.addEventListener('activate', (event) => {
  event.waitUntil(scope.clients.claim());
});

scope.addEventListener('fetch', (event: FetchEvent) => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== location.origin) return;
  if (event.request.mode === 'navigate' && face.isPage(url.pathname) && !url.searchParams.has('ma'))
    event.respondWith(page(event));
  else if (url.pathname.startsWith('/assets/')) event.respondWith(keptFile(event.request));
  else if (/^\/api\/v1\/areas\/[^/]+\/geometry$/.test(url.pathname))
    event.respondWith(keptAnswer(event.request, 'phan-anh-map'));
});

/** The page, kept anew in its reader's language and contrast. */
async function page(event: FetchEvent): Promise<Response> {
  const response = await answerPage(event.request, face);
  event.waitUntil(renewPage(shell, response.clone(), face));
  return response;
}

scope.addEventListener('sync', (event) => {
  if ((event as SyncEvent).tag === 'phan-anh') event.waitUntil(empty());
});

/** Sends what is due; fails while something still waits, so that the browser calls again. */
async function empty(): Promise<void> {
  const shelf = await openShelf();
  const channel = new BroadcastChannel(channelName);
  try {
    const outbox = new Outbox({
      shelf,
      turn: turnOf(shelf, 'worker'),
      fetch: (...args) => fetch(...args),
      now: () => Date.now(),
      random: () => Math.random(),
      changed: (sending) => {
        channel.postMessage(sending);
      },
    });
    await outbox.flush({ eager: true });
    if ((await outbox.nextDue()) !== null) throw new Error('something still waits');
  } finally {
    channel.close();
    shelf.close();
  }
}
