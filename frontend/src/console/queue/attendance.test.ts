import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Presence } from './attendance.svelte';

interface Said {
  method: string;
  path: string;
  body: { page?: string; typing?: boolean; take?: boolean };
}

const an = { id: 'p1', name: 'Nguyễn Văn An', since: '2026-11-23T02:00:00Z' };
const binh = { id: 'p2', name: 'Trần Thị Bình', since: '2026-11-23T02:00:00Z' };
const until = '2026-11-23T02:00:30Z';

let said: Said[] = [];
let answer: object = {};

beforeEach(() => {
  vi.useFakeTimers();
  said = [];
  answer = { people: [{ ...an, own: true }], lock: null, until };
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    const body = JSON.parse((init.body as string | undefined) ?? '{}') as Said['body'];
    said.push({ method: init.method ?? 'GET', path, body });
    return Promise.resolve(new Response(init.method === 'DELETE' ? '' : JSON.stringify(answer)));
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('presence', () => {
  it('announces nobody who only passes by, and says again that it is there', async () => {
    const presence = new Presence();
    presence.enter('r1');
    await vi.advanceTimersByTimeAsync(200);
    presence.enter('r2');
    await vi.advanceTimersByTimeAsync(21_000);
    expect(said.map(({ method, path }) => `${method} ${path}`)).toEqual(
      Array(3).fill('PUT /api/v1/reports/r2/presence'),
    );
    expect(presence.self).toBe('p1');
    presence.go('r2');
    expect(said.at(-1)).toMatchObject({ method: 'DELETE' });
    await vi.advanceTimersByTimeAsync(60_000);
    expect(said).toHaveLength(4);
  });

  it('leaves a report only once another is entered, whichever order pages come and go in', async () => {
    const presence = new Presence();
    presence.enter('r1');
    await vi.advanceTimersByTimeAsync(500);
    presence.enter('r2');
    presence.go('r1');
    await vi.advanceTimersByTimeAsync(500);
    expect(said.map(({ method, path }) => `${method} ${path.split('?')[0] ?? ''}`)).toEqual([
      'PUT /api/v1/reports/r1/presence',
      'DELETE /api/v1/reports/r1/presence',
      'PUT /api/v1/reports/r2/presence',
    ]);
  });

  it('holds the pen while somebody writes, and takes it when asked to', async () => {
    const presence = new Presence();
    presence.enter('r1');
    await vi.advanceTimersByTimeAsync(500);
    presence.type(true);
    presence.type(true);
    await presence.take();
    expect(said.map(({ body: { typing, take } }) => [typing, take])).toEqual([
      [false, false],
      [true, false],
      [true, true],
    ]);
    expect(new Set(said.map(({ body: { page } }) => page)).size).toBe(1);
  });

  it('believes the feed unless it was told something newer itself', async () => {
    const presence = new Presence();
    presence.enter('r1');
    await vi.advanceTimersByTimeAsync(500);
    const told = Date.parse(until);
    const by = (at: number): Parameters<Presence['hear']>[0] => ({
      id: 'r1',
      people: [
        { ...an, since: 0 },
        { ...binh, since: 0 },
      ],
      lock: { ...binh, since: 0, page: 'elsewhere' },
      until: at,
    });
    presence.hear(by(told - 5000));
    expect(presence.others).toEqual([]);
    presence.hear(by(told + 1));
    expect(presence.others.map(({ name }) => name)).toEqual([binh.name]);
    expect(presence.holder?.name).toBe(binh.name);
    presence.hear(undefined);
    expect(presence.holder?.name).toBe(binh.name);
  });

  it('forgets who was there when it cannot ask', async () => {
    const presence = new Presence();
    presence.enter('r1');
    answer = {
      people: [
        { ...an, own: true },
        { ...binh, own: false },
      ],
      lock: { ...binh, own: false },
      until,
    };
    await vi.advanceTimersByTimeAsync(500);
    expect(presence.holder?.name).toBe(binh.name);
    vi.stubGlobal('fetch', () => Promise.reject(new TypeError('no network')));
    await vi.advanceTimersByTimeAsync(10_000);
    expect([presence.holder, presence.others]).toEqual([null, []]);
  });
});
