import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

interface Told {
  path: string;
  body: Record<string, unknown>;
}

/** The worker's world: what it shows, opens and tells. */
class World {
  readonly shown: { title: string; options: NotificationOptions }[] = [];
  readonly opened: string[] = [];
  readonly told: Told[] = [];
  readonly windows: object[] = [];
  failures = 0;
  readonly #listeners = new Map<string, (event: object) => void>();

  start(): Promise<unknown> {
    vi.stubGlobal('addEventListener', (type: string, listener: (event: object) => void) => {
      this.#listeners.set(type, listener);
    });
    vi.stubGlobal('registration', {
      showNotification: (title: string, options: NotificationOptions) => {
        this.shown.push({ title, options });
        return Promise.resolve();
      },
      pushManager: {
        subscribe: () =>
          Promise.resolve({
            toJSON: () => ({ endpoint: 'https://push.example/new', keys: { p256dh: 'k', auth: 'a' } }),
          }),
      },
    });
    vi.stubGlobal('clients', {
      matchAll: () => Promise.resolve(this.windows),
      openWindow: (url: string) => {
        this.opened.push(url);
        return Promise.resolve(null);
      },
    });
    vi.stubGlobal('fetch', (path: string, { body }: { body: string }) => {
      if (this.failures-- > 0) return Promise.reject(new Error('no network'));
      this.told.push({ path, body: JSON.parse(body) as Record<string, unknown> });
      return Promise.resolve(new Response('{}'));
    });
    vi.resetModules();
    return import('./worker');
  }

  async happens(type: string, event: object): Promise<void> {
    let done: Promise<unknown> = Promise.resolve();
    this.#listeners.get(type)?.({ ...event, waitUntil: (promise: Promise<unknown>) => (done = promise) });
    await done;
  }

  click(notice: object): Promise<void> {
    return this.happens('notificationclick', { notification: { data: notice, close: () => undefined } });
  }
}

const notice = {
  token: 't1',
  kind: 'alarm',
  title: 'Cảnh báo khẩn cấp: Mực nước vượt BĐ2',
  body: 'Trạm Đắk Nông',
  action: 'Mở cảnh báo',
  path: '/console#canh-bao/a1',
  tag: 'c1',
};
const arrival = (answered: boolean): Told => ({ path: '/api/v1/callout/arrivals', body: { token: 't1', answered } });

describe('the worker of people on duty', () => {
  let world: World;

  beforeEach(async () => {
    world = new World();
    await world.start();
  });
  afterEach(() => {
    vi.unstubAllGlobals();
  });

  it('shows a notice and says that it arrived, again when the house was not reached', async () => {
    world.failures = 1;
    await world.happens('push', { data: { json: () => notice } });
    expect(world.shown).toMatchObject([
      { title: notice.title, options: { body: notice.body, tag: 'c1', requireInteraction: true, data: notice } },
    ]);
    expect(world.told).toEqual([arrival(false)]);
  });

  it('shows the notice also while the house cannot be told', async () => {
    world.failures = 2;
    await world.happens('push', { data: { json: () => notice } });
    expect(world.shown).toHaveLength(1);
    expect(world.told).toEqual([]);
  });

  it('opens the alarm, in a console that is open if there is one', async () => {
    await world.click(notice);
    expect(world.opened).toEqual([notice.path]);
    expect(world.told).toEqual([arrival(true)]);

    const went: string[] = [];
    const there = {
      url: 'https://ioc.example/console#phan-anh',
      focus: () => Promise.resolve(there),
      navigate: (path: string) => {
        went.push(path);
        return Promise.resolve(there);
      },
    };
    world.windows.push({ url: 'https://ioc.example/wall/tinh' }, there);
    await world.click(notice);
    expect(went).toEqual([notice.path]);
    expect(world.opened).toHaveLength(1);
  });

  it('opens a new console when the one that is open cannot be led there', async () => {
    const there = {
      url: 'https://ioc.example/console',
      focus: () => Promise.resolve(there),
      navigate: () => Promise.reject(new TypeError('not controlled')),
    };
    world.windows.push(there);
    await world.click(notice);
    expect(world.opened).toEqual([notice.path]);
  });

  it('answers a test and leads to its results', async () => {
    await world.click({ ...notice, kind: 'test', path: '/truc?ma=t1' });
    expect(world.told).toEqual([arrival(true)]);
    expect(world.opened).toEqual(['/console#truc']);
  });

  it('subscribes again when the browser gave the subscription up', async () => {
    await world.happens('pushsubscriptionchange', { oldSubscription: { options: {} } });
    expect(world.told).toEqual([
      { path: '/api/v1/duty/ways/push', body: { endpoint: 'https://push.example/new', p256dh: 'k', auth: 'a' } },
    ]);
  });
});
