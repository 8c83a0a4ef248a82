// The console's service worker: it shows notices to people on duty while no page is open, tells the house that they arrived, and
// leads to the alarm. It keeps nothing and answers no request; an alarm is taken in the console alone.
import type { WorkerEvent } from '../../shell/worker-scope';

interface Notice {
  token: string;
  kind: string;
  title: string;
  body: string;
  action: string;
  path: string;
  tag: string;
}

interface PushEvent extends WorkerEvent {
  readonly data: { json(): unknown } | null;
}

interface ClickEvent extends WorkerEvent {
  readonly notification: Notification;
}

interface ChangeEvent extends WorkerEvent {
  readonly oldSubscription: PushSubscription | null;
}

interface Window extends Client {
  focus(): Promise<Window>;
  navigate(url: string): Promise<Window | null>;
}

interface Client {
  readonly url: string;
}

interface Scope {
  readonly registration: ServiceWorkerRegistration;
  readonly clients: {
    matchAll(options: { type: 'window'; includeUncontrolled: boolean }): Promise<readonly Window[]>;
    openWindow(url: string): Promise<Window | null>;
    claim(): Promise<void>;
  };
  skipWaiting(): Promise<void>;
  addEventListener(type: 'install' | 'activate', listener: (event: WorkerEvent) => void): void;
  addEventListener(type: 'push', listener: (event: PushEvent) => void): void;
  addEventListener(type: 'notificationclick', listener: (event: ClickEvent) => void): void;
  addEventListener(type: 'pushsubscriptionchange', listener: (event: ChangeEvent) => void): void;
}

const scope = globalThis as unknown as Scope;

scope.addEventListener('install', (event) => {
  event.waitUntil(scope.skipWaiting());
});

scope.addEventListener('activate', (event) => {
  event.waitUntil(scope.clients.claim());
});

scope.addEventListener('push', (event) => {
  event.waitUntil(show(event.data));
});

scope.addEventListener('notificationclick', (event) => {
  event.notification.close();
  event.waitUntil(follow(event.notification.data as Notice));
});

scope.addEventListener('pushsubscriptionchange', (event) => {
  event.waitUntil(renew(event.oldSubscription));
});

/** Shows a notice; a push that shows none can cost the permission. */
async function show(data: PushEvent['data']): Promise<void> {
  const notice = data?.json() as Notice;
  const options: NotificationOptions & { renotify: boolean; actions: { action: string; title: string }[] } = {
    body: notice.body,
    tag: notice.tag,
    renotify: true,
    requireInteraction: true,
    lang: 'vi',
    data: notice,
    actions: [{ action: 'open', title: notice.action }],
  };
  await scope.registration.showNotification(notice.title, options);
  await tell(notice, false);
}

/** Tells the house that a notice arrived, and whether its person opened it; once more when it was not reached. */
async function tell({ token }: Notice, answered: boolean): Promise<void> {
  const say = (): Promise<Response> => post('/api/v1/callout/arrivals', { token, answered });
  try {
    await say();
  } catch {
    await say().catch(() => undefined);
  }
}

function post(path: string, body: object): Promise<Response> {
  return fetch(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });
}

/** Opens what a notice is about: in a console that is open, else in a new one. */
async function follow(notice: Notice): Promise<void> {
  const path = notice.kind === 'test' ? '/console#truc' : notice.path;
  const told = tell(notice, true);
  const windows = await scope.clients.matchAll({ type: 'window', includeUncontrolled: true });
  const there = windows.find(({ url }) => new URL(url).pathname === '/console');
  try {
    await (await there?.focus())?.navigate(path);
    if (there === undefined) await scope.clients.openWindow(path);
  } catch {
    await scope.clients.openWindow(path);
  }
  await told;
}

/** Subscribes again after the browser gave the subscription up; without a session the page does it when it is opened next. */
async function renew(before: PushSubscription | null): Promise<void> {
  if (before === null) return;
  const after = await scope.registration.pushManager.subscribe(before.options);
  const { endpoint, keys } = after.toJSON();
  await post('/api/v1/duty/ways/push', { endpoint, ...keys });
}
