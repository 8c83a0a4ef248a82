import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { beforeEach, describe, expect, it } from 'vitest';

// The worker is a plain file that the server sends; here it runs in a world of its own.
const source = readFileSync(new URL('../../../server/public/pages/subscribe-worker.js', import.meta.url), 'utf8');

describe('the worker of those who follow public facts', () => {
  let shown: unknown[], opened: string[], told: { path: string; body: unknown }[];
  let listeners: Map<string, (event: object) => void>;

  async function happens(type: string, event: object): Promise<void> {
    let done: Promise<unknown> = Promise.resolve();
    listeners.get(type)?.({ ...event, waitUntil: (promise: Promise<unknown>) => (done = promise) });
    await done;
  }

  beforeEach(() => {
    shown = [];
    opened = [];
    told = [];
    listeners = new Map();
    runInNewContext(source, {
      addEventListener: (type: string, listener: (event: object) => void) => listeners.set(type, listener),
      registration: {
        showNotification: (title: string, options: object) => Promise.resolve(shown.push({ title, ...options })),
        pushManager: {
          subscribe: (options: object) =>
            Promise.resolve({
              toJSON: () => ({ endpoint: 'https://push.example/new', keys: { p256dh: 'k', auth: 'a' }, options }),
            }),
        },
      },
      clients: { openWindow: (path: string) => Promise.resolve(opened.push(path)) },
      fetch: (path: string, { body }: { body: string }) => {
        told.push({ path, body: JSON.parse(body) as unknown });
        return Promise.resolve(new Response(null, { status: 204 }));
      },
    });
  });

  it('shows a notice and leads to the page of its area', async () => {
    const notice = {
      title: 'Cảnh báo: Lũ',
      body: 'Đắk Nông',
      path: '/tinh-hinh/2022/67',
      tag: 'warning 1',
      lang: 'vi',
    };
    await happens('push', { data: { json: () => notice } });
    expect(shown).toEqual([
      { title: notice.title, body: notice.body, tag: notice.tag, lang: 'vi', data: '/tinh-hinh/2022/67' },
    ]);
    const closed: boolean[] = [];
    await happens('notificationclick', { notification: { data: notice.path, close: () => closed.push(true) } });
    expect([opened, closed]).toEqual([['/tinh-hinh/2022/67'], [true]]);
  });

  it('moves what was chosen to the address that the browser has from now on', async () => {
    const before = { endpoint: 'https://push.example/old', options: {}, toJSON: () => ({ keys: { auth: 'b' } }) };
    await happens('pushsubscriptionchange', { oldSubscription: before });
    const body = {
      old_endpoint: before.endpoint,
      old_auth: 'b',
      endpoint: 'https://push.example/new',
      p256dh: 'k',
      auth: 'a',
    };
    expect(told).toEqual([{ path: '/api/v1/subscriptions/move', body }]);
  });

  it('waits for its page when the browser does not say what it had', async () => {
    await happens('pushsubscriptionchange', { oldSubscription: null });
    expect(told).toEqual([]);
  });
});
