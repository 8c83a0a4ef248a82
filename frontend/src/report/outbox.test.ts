import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { IDBFactory } from 'fake-indexeddb';
import 'fake-indexeddb/auto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { emptyDraft, newID, type Draft } from './draft';
import { mostReports, Outbox } from './outbox';
import { openShelf, type Shelf } from './shelf';
import { LeaseTurn, leaseMs } from './turn';

interface Arrival {
  path: string;
  key: string;
  secret: string;
  /** The mark of our own pages. */
  own: string;
  body: string;
}

const minuteMs = 60_000;
const dayMs = 24 * 60 * minuteMs;

/** A small real server: it takes what the API takes, remembers keys, and does what a test tells it to. */
class Door {
  readonly arrivals: Arrival[] = [];
  readonly reports = new Map<string, string>();
  /** What to do instead, once each: drop the answer after the deed, or answer so. */
  readonly whims: ('lose' | { status: number; body?: unknown; retryAfter?: string; type?: string })[] = [];
  photos: number | null = 201;
  base = '';
  #server: Server | undefined;

  async open(): Promise<void> {
    const server = createServer((request, response) => {
      void this.#answer(request, response);
    });
    this.#server = server;
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    this.base = `http://127.0.0.1:${String((server.address() as AddressInfo).port)}`;
  }

  async close(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((done) => this.#server?.close(done));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    const body = Buffer.concat(parts).toString('latin1');
    const path = request.url ?? '';
    if (path === '/healthz') {
      response.setHeader('Date', new Date(serverNow).toUTCString()).end('ok');
      return;
    }
    const key = String(request.headers['idempotency-key']);
    const whim = this.whims.shift();
    if (typeof whim === 'object') {
      if (whim.retryAfter !== undefined) response.setHeader('Retry-After', whim.retryAfter);
      response.writeHead(whim.status, { 'Content-Type': whim.type ?? 'application/problem+json' });
      response.end(typeof whim.body === 'string' ? whim.body : JSON.stringify(whim.body ?? { title: 'x' }));
      return;
    }
    this.arrivals.push({
      path,
      key,
      secret: String(request.headers['report-secret'] ?? ''),
      own: String(request.headers['x-toancanh'] ?? ''),
      body,
    });
    if (path.endsWith('/photos')) {
      response.writeHead(this.photos ?? 404, { 'Content-Type': 'application/json' }).end('{"id":"x"}');
      return;
    }
    if (!this.reports.has(key)) this.reports.set(key, body);
    if (whim === 'lose') {
      request.socket.destroy();
      return;
    }
    const code = `K7M2-Q9X${String([...this.reports.keys()].indexOf(key))}`;
    response.writeHead(201, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ id: `id-${key}`, code, secret: 'c2VjcmV0' }));
  }
}

const serverNow = Date.UTC(2026, 10, 20, 3, 0, 0);
let door: Door;
let shelf: Shelf;
let now = 0;

beforeEach(async () => {
  globalThis.indexedDB = new IDBFactory();
  door = new Door();
  await door.open();
  shelf = await openShelf();
  now = Date.UTC(2027, 10, 20); // this phone is a year ahead
});

afterEach(async () => {
  shelf.close();
  await door.close();
});

function outbox(holder = 'tab', base = door.base): Outbox {
  return new Outbox({
    shelf,
    turn: new LeaseTurn(shelf, holder, () => now),
    fetch: (path, init) => fetch(`${base}${path as string}`, init),
    now: () => now,
    random: () => 0.5,
    changed: () => undefined,
  });
}

/** An outbox on a phone without a network. */
const offline = (): Outbox => outbox('tab', 'http://127.0.0.1:1');

function draft(description = 'Rác đổ trước chợ'): Draft {
  const place = { kind: 'commune', lat: 12, lon: 107.6, name: 'Phường Nghĩa Đức', accuracy: 0 } as const;
  return { ...emptyDraft(), category: 'MT', description, place };
}

const photo = (report: string, n: number) => ({
  id: newID(),
  report,
  n,
  bytes: new TextEncoder().encode(`photo ${String(n)}`).buffer,
  thumb: 'data:image/jpeg;base64,',
});

const eager = { eager: true };

describe('the outbox', () => {
  it('keeps what is written without a network and sends it once when there is one', async () => {
    const id = newID();
    expect(await offline().add(id, draft())).toBe('added');
    await offline().flush(eager);
    expect((await outbox().list())[0]).toMatchObject({ id, state: 'waiting', wait: 'network', tries: 1 });
    // Another tab, after this one was closed.
    await outbox('another').flush(eager);
    await outbox('another').flush(eager);
    expect(door.arrivals.map(({ key, own }) => [key, own])).toEqual([[id, '1']]);
    const [entry] = await outbox().list();
    expect(entry).toMatchObject({ state: 'sent', receipt: { code: 'K7M2-Q9X0', secret: 'c2VjcmV0' } });
    expect(entry).toMatchObject({ draft: null, body: null });
  });

  it('makes one report when the answer is lost, with the same bytes under the same key', async () => {
    const id = newID();
    door.whims.push('lose');
    await outbox().add(id, draft());
    await outbox().flush(eager);
    expect((await outbox().list())[0]?.state).toBe('waiting');
    now += 3 * dayMs; // later the body would say when it was written: it must not change any more
    await outbox().flush(eager);
    expect(door.arrivals).toHaveLength(2);
    expect(new Set(door.arrivals.map(({ key, body }) => key + body)).size).toBe(1);
    expect(door.reports.size).toBe(1);
  });

  it('takes a form that two tabs hold once', async () => {
    const id = newID();
    expect(await Promise.all([outbox('a').add(id, draft()), outbox('b').add(id, draft('sửa rồi'))])).toEqual([
      'added',
      'known',
    ]);
    await Promise.all([outbox('a').flush(eager), outbox('b').flush(eager)]);
    await outbox('b').flush(eager);
    expect(door.arrivals).toHaveLength(1);
  });

  it('sends in the order of writing, however the clock was set meanwhile', async () => {
    const ids = [newID(), newID(), newID()];
    for (const id of ids) {
      await offline().add(id, draft(id));
      now -= 400 * dayMs;
    }
    await outbox().flush(eager);
    expect(door.arrivals.map(({ key }) => key)).toEqual(ids);
  });

  it.each([
    ['a report sent at once says nothing of its time', 0, undefined],
    [
      'one that waited two hours was written two hours before the server’s now',
      2 * 60 * minuteMs,
      '2026-11-20T01:00:00.000Z',
    ],
    ['one that seems a year old was misdated', 366 * dayMs, undefined],
    ['one from the future too', -366 * dayMs, undefined],
  ])('%s', async (_, waited, want) => {
    await offline().add(newID(), draft());
    now += waited;
    await outbox().flush(eager);
    const body = JSON.parse(Buffer.from(door.arrivals[0]?.body ?? '', 'latin1').toString()) as Record<string, unknown>;
    expect(body['occurred_at']).toBe(want);
    expect(body).toMatchObject({ category: 'MT', description: 'Rác đổ trước chợ', location: { lat: 12, lon: 107.6 } });
    expect(body).not.toHaveProperty('contact');
  });

  it('waits as long as the server asks, even when the network comes back meanwhile', async () => {
    door.whims.push({ status: 429, retryAfter: '120' });
    await outbox().add(newID(), draft());
    await outbox().flush(eager);
    expect((await outbox().list())[0]).toMatchObject({ state: 'waiting', wait: 'busy' });
    now += 119_000;
    await outbox().flush(eager);
    expect(door.arrivals).toHaveLength(0);
    expect(await outbox().nextDue()).toBe(1000);
    now += 1000;
    await outbox().flush({ eager: false });
    expect(door.arrivals).toHaveLength(1);
  });

  it('does not wait for a time that another clock has set', async () => {
    door.whims.push({ status: 503, retryAfter: '30' });
    await outbox().add(newID(), draft());
    await outbox().flush(eager);
    now -= 365 * dayMs;
    expect(await outbox().nextDue()).toBe(0);
    await outbox().flush({ eager: false });
    expect(door.arrivals).toHaveLength(1);
  });

  it('pauses longer each time a server ails, and sends nothing else meanwhile', async () => {
    await outbox().add(newID(), draft('một'));
    await outbox().add(newID(), draft('hai'));
    const pauses: (number | null)[] = [];
    for (let i = 0; i < 4; i++) {
      door.whims.push({ status: 500 }, { status: 500 });
      await outbox().flush({ eager: false });
      door.whims.length = 0;
      const first = (await outbox().list()).at(-1);
      pauses.push((first?.dueAt ?? 0) - now);
      now = first?.dueAt ?? now;
    }
    expect(pauses).toEqual([2000, 4000, 8000, 16_000]);
    expect(door.arrivals).toHaveLength(0);
  });

  it.each([
    ['a sign-in page of a hotel', { status: 200, body: '<html>Xin đăng nhập Wi-Fi</html>', type: 'text/html' }],
    ['a created thing that is no report', { status: 201, body: '<html>', type: 'text/html' }],
    ['a refusal that is not the API’s', { status: 422, body: '<html>', type: 'text/html' }],
    ['a proxy without the server', { status: 502, body: 'bad gateway', type: 'text/plain' }],
  ])('does not take %s for a receipt', async (_, whim) => {
    door.whims.push(whim);
    await outbox().add(newID(), draft());
    await outbox().flush(eager);
    expect((await outbox().list())[0]).toMatchObject({ state: 'waiting', wait: 'server' });
  });

  it('gives a refused report back with its words, its photos and the fault of each field', async () => {
    const [id, under] = [newID(), newID()];
    const errors = [
      { field: 'contact.phone', reason: 'format', detail: 'Số điện thoại không đúng' },
      { field: 'location', reason: 'outside', detail: 'Vị trí nằm ngoài địa bàn' },
    ];
    door.whims.push({ status: 422, body: { title: 'Nội dung không hợp lệ', errors } });
    await outbox().addPhoto(photo(id, 1));
    await outbox().add(id, { ...draft(), phone: '0905' });
    await outbox().add(newID(), draft('việc khác'));
    await outbox().flush(eager);
    expect(door.arrivals.filter(({ path }) => path === '/api/v1/reports')).toHaveLength(1); // the other one went through
    const refused = (await outbox().list()).find((one) => one.id === id);
    expect(refused?.faults).toEqual({ phone: 'Số điện thoại không đúng', place: 'Vị trí nằm ngoài địa bàn' });
    expect(await outbox().reopen(id, under)).toEqual({ ...draft(), phone: '0905' });
    expect(await outbox().photosOf(under)).toHaveLength(1);
    expect((await outbox().list()).map((one) => one.id)).not.toContain(id);
    expect(await outbox().reopen(id, newID())).toBeNull();
  });

  it('keeps twenty, drops the oldest that has arrived, and never one that has not', async () => {
    for (let i = 0; i < mostReports; i++) expect(await offline().add(newID(), draft(String(i)))).toBe('added');
    expect(await offline().add(newID(), draft('quá nhiều'))).toBe('full');
    await outbox().flush(eager);
    const oldest = (await outbox().list()).at(-1)?.id;
    expect(await outbox().add(newID(), draft('vừa chỗ'))).toBe('added');
    const kept = await outbox().list();
    expect(kept).toHaveLength(mostReports);
    expect(kept.map(({ id }) => id)).not.toContain(oldest);
  });

  it('lets photos follow their report one by one, with its secret, and forgets their bytes', async () => {
    const [id, other] = [newID(), newID()];
    await outbox().addPhoto(photo(id, 1));
    await outbox().addPhoto(photo(id, 2));
    await outbox().addPhoto(photo(other, 1)); // of a form that is still being written
    await outbox().add(id, draft());
    await outbox().flush(eager);
    expect(door.arrivals.map(({ path, secret }) => [path, secret])).toEqual([
      ['/api/v1/reports', ''],
      [`/api/v1/reports/id-${id}/photos`, 'c2VjcmV0'],
      [`/api/v1/reports/id-${id}/photos`, 'c2VjcmV0'],
    ]);
    expect(door.arrivals.slice(1).map(({ body }) => body)).toEqual(['photo 1', 'photo 2']);
    expect(new Set(door.arrivals.map(({ key }) => key)).size).toBe(3);
    expect((await shelf.getAll('photos')).map(({ state, bytes }) => [state, bytes === null])).toContainEqual([
      'sent',
      true,
    ]);
    expect(await outbox().nextDue()).toBeNull();
    expect(await outbox().photosOf(other)).toHaveLength(1);
  });

  it('keeps photos that the server has no place for, says so, and offers them again later', async () => {
    const id = newID();
    door.photos = null;
    await outbox().addPhoto(photo(id, 1));
    await outbox().add(id, draft());
    await outbox().flush(eager);
    expect((await outbox().list())[0]?.photos[0]?.state).toBe('unsupported');
    door.photos = 201;
    await outbox().flush(eager);
    expect(door.arrivals.filter(({ path }) => path.endsWith('/photos'))).toHaveLength(1);
    now += 61 * minuteMs;
    await outbox().flush({ eager: false });
    expect((await outbox().list())[0]?.photos[0]?.state).toBe('sent');
  });

  it('does not send a report that was deleted by hand, and sweeps the photos of forms nobody sent', async () => {
    const [id, current, lost] = [newID(), newID(), newID()];
    await offline().add(id, draft());
    for (const report of [id, current, lost]) await outbox().addPhoto(photo(report, 1));
    await outbox().remove(id);
    now += 3 * dayMs;
    await outbox().sweep(current);
    await outbox().flush(eager);
    expect(door.arrivals).toHaveLength(0);
    expect((await shelf.getAll('photos')).map(({ report }) => report)).toEqual([current]);
  });
});

describe('the turn', () => {
  it('belongs to one at a time, ends with its holder, and is not lost to a clock that was set back', async () => {
    const turn = (holder: string): LeaseTurn => new LeaseTurn(shelf, holder, () => now);
    let inner: boolean | undefined;
    expect(await turn('a').take(async () => void (inner = await turn('b').take(() => Promise.resolve())))).toBe(true);
    expect(inner).toBe(false);
    expect(await turn('b').take(() => Promise.resolve())).toBe(true);
    await shelf.put('lease', { holder: 'dead', until: now + leaseMs }, 'phan-anh-outbox');
    expect(await turn('c').take(() => Promise.resolve())).toBe(false);
    now += leaseMs;
    expect(await turn('c').take(() => Promise.resolve())).toBe(true);
    await shelf.put('lease', { holder: 'dead', until: now + leaseMs }, 'phan-anh-outbox');
    now -= 365 * dayMs;
    expect(await turn('d').take(() => Promise.resolve())).toBe(true);
  });
});
