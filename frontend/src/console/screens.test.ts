import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseListed, type ListedScreen } from '../api/screens';
import { pageOf } from './pages';
import { awaited, byDigit, confirmation, following, meetings } from './screenRows';
import { ScreenDesk } from './screens.svelte';

const at = '2026-11-23T02:00:00Z';

const raw = (id: string, more: object = {}): object => ({
  id,
  version: 3,
  area: '67',
  scene: 'ngay-thuong',
  show: {},
  connected: true,
  beat: { at, phase: 'live' },
  seen: { at, version: 3, applied: true, reason: '' },
  ...more,
});

function screen(id: string, more: object = {}): ListedScreen {
  const parsed = parseListed(raw(id, more) as Record<string, unknown>);
  if (parsed === null) throw new Error('the test speaks of no screen');
  return parsed;
}

const behind = { seen: { at, version: 2, applied: true, reason: '' } };

describe('what a screen confirmed', () => {
  it.each([
    ['shown', {}, { kind: 'shown', at: Date.parse(at) }],
    [
      'refused',
      { seen: { at, version: 3, applied: false, reason: 'nhỏ' } },
      { kind: 'refused', at: Date.parse(at), reason: 'nhỏ' },
    ],
    ['awaited while it is connected', behind, { kind: 'waiting' }],
    ['away while it is not', { ...behind, connected: false }, { kind: 'away' }],
    ['away when it never spoke', { seen: null, beat: null, connected: false }, { kind: 'away' }],
    ['nothing when nothing was ever ordered', { version: 0, seen: null }, { kind: 'none' }],
  ])('is %s', (_, more, want) => {
    expect(confirmation(screen('a', more))).toEqual(want);
  });

  it('is awaited only from those that can answer', () => {
    expect(awaited([screen('a'), screen('b', { ...behind, connected: false })])).toBe(false);
    expect(awaited([screen('a'), screen('b', behind)])).toBe(true);
  });
});

describe('a meeting', () => {
  const follows = (id: string, more: object = {}): ListedScreen => screen(id, { show: { presenter: 'tinh' }, ...more });

  it('is read from who follows whom', () => {
    const list = [
      follows('b'),
      follows('a'),
      screen('tinh'),
      screen('c'),
      screen('d', { show: { presenter: 'lost' } }),
    ];
    expect(meetings(list).map((one) => [one.presenter.state.id, one.followers.map(({ state }) => state.id)])).toEqual([
      ['tinh', ['b', 'a']],
    ]);
  });

  it.each([
    ['same', {}],
    ['waiting', behind],
    ['refused', { seen: { at, version: 3, applied: false, reason: '' } }],
    ['away', { connected: false }],
    ['other', { scene: 'mua-bao' }],
    ['other', { area: '660' }],
  ])('says of a follower: %s', (want, more) => {
    expect(following(follows('a', more), screen('tinh'))).toBe(want);
  });
});

it('a digit picks a screen, 0 the tenth', () => {
  const list = Array.from({ length: 12 }, (_, i) => screen(`s${String(i + 1)}`));
  expect(['1', '9', '0', 'a', '10'].map((key) => byDigit(list, key)?.state.id)).toEqual([
    's1',
    's9',
    's10',
    undefined,
    undefined,
  ]);
  expect(byDigit([screen('a')], '2')).toBeUndefined();
});

it('the fragment names the page', () => {
  expect([pageOf('#man-hinh'), pageOf('#phan-anh'), pageOf(''), pageOf('#x')]).toEqual([
    'screens',
    'reports',
    'reports',
    'reports',
  ]);
});

describe('the desk of the screens', () => {
  let calls: string[] = [];
  let list: object[] = [];
  let refusal: object | null = null;

  beforeEach(() => {
    vi.useFakeTimers();
    calls = [];
    list = [raw('tinh'), raw('xa')];
    refusal = null;
    vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
      calls.push(`${init.method ?? 'GET'} ${url}${typeof init.body === 'string' ? ` ${init.body}` : ''}`);
      if (url.endsWith('/scenes')) return answer({ scenes: [{ id: 'mua-bao', name: { vi: 'Mưa bão', en: 'Storm' } }] });
      if (init.method === 'POST' && refusal !== null) return answer(refusal, 422);
      if (init.method === 'POST') return answer({ screens: [{ id: 'tinh', version: 4 }], refused: [] });
      return answer({ at, screens: list });
    });
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  const answer = (body: object, status = 200): Promise<Response> =>
    Promise.resolve(new Response(JSON.stringify(body), { status }));
  const lists = (): number => calls.filter((call) => call === 'GET /api/v1/screens').length;

  async function begin(): Promise<ScreenDesk> {
    const desk = new ScreenDesk();
    desk.start();
    await vi.advanceTimersByTimeAsync(0);
    return desk;
  }

  it('names scenes as the server does', async () => {
    const desk = await begin();
    expect([desk.sceneName('mua-bao'), desk.sceneName('tet')]).toEqual(['Mưa bão', 'tet']);
    desk.stop();
  });

  it('asks each second while an answer is awaited, else every five', async () => {
    const desk = await begin();
    await vi.advanceTimersByTimeAsync(4900);
    expect(lists()).toBe(1);
    list = [raw('tinh', { ...behind, version: 4 }), raw('xa')];
    await vi.advanceTimersByTimeAsync(200);
    expect(lists()).toBe(2);
    await vi.advanceTimersByTimeAsync(3000);
    expect(lists()).toBe(5);
    await vi.advanceTimersByTimeAsync(60_000); // the page never answers
    const before = lists();
    await vi.advanceTimersByTimeAsync(5000);
    expect(lists() - before).toBeLessThanOrEqual(1);
    desk.stop();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(lists() - before).toBeLessThanOrEqual(1);
  });

  it('sends to those that are picked, and to nobody by accident', async () => {
    const desk = await begin();
    expect(await desk.send({ scene: 'mua-bao' })).toBe(false);
    expect(calls.some((call) => call.startsWith('POST'))).toBe(false);
    expect(desk.faults).toHaveLength(1);
    desk.toggle('xa');
    desk.toggle('tinh');
    desk.toggle('xa');
    expect(await desk.send({ scene: 'mua-bao' })).toBe(true);
    expect(calls).toContain('POST /api/v1/screens/orders {"screens":["tinh"],"show":{"scene":"mua-bao"}}');
    desk.toggleAll();
    expect(desk.selected).toEqual(['tinh', 'xa']);
    desk.toggleAll();
    expect(desk.selected).toEqual([]);
    desk.stop();
  });

  it('offers to leave out whoever cannot show it', async () => {
    const desk = await begin();
    desk.toggleAll();
    refusal = { errors: [{ field: 'screens', reason: 'illegible', detail: 'Màn hình xa: chữ quá nhỏ' }] };
    expect(await desk.send({ scene: 'mua-bao' })).toBe(false);
    expect([desk.faults, desk.held?.screens]).toEqual([['Màn hình xa: chữ quá nhỏ'], ['tinh', 'xa']]);
    refusal = null;
    await desk.sendRest();
    expect(calls.find((call) => call.includes('skip_refused'))).toBeDefined();
    expect(desk.held).toBeNull();
    refusal = { errors: [{ field: 'show.scene', reason: 'unknown', detail: 'Không có cảnh' }] };
    await desk.send({ scene: 'x' });
    expect(desk.held).toBeNull();
    desk.stop();
  });

  it('pairs a screen, and sets it up first when it is new', async () => {
    const desk = await begin();
    const none = { title: '', scene: '', density: 'auto', panelMm: null, viewingMm: null } as const;
    expect(await desk.pair('hop-1', 'acd349', { ...none, point: 'Phòng họp', area: '660' })).toBe(true);
    expect(await desk.pair('tinh', 'xyt769', null)).toBe(true);
    const puts = calls.filter((call) => call.startsWith('PUT')).map((call) => call.replace(/ \{.*"point.*/, ''));
    expect(puts).toEqual([
      'PUT /api/v1/screens/hop-1',
      'PUT /api/v1/screens/hop-1/pairing {"code":"acd349"}',
      'PUT /api/v1/screens/tinh/pairing {"code":"xyt769"}',
    ]);
    expect(desk.word).toContain('tinh');
    expect(await desk.revoke('tinh')).toBe(true);
    expect(calls).toContain('DELETE /api/v1/screens/tinh/pairing');
    desk.stop();
  });

  it('forgets a pick that is gone', async () => {
    const desk = await begin();
    desk.toggleAll();
    list = [raw('xa')];
    await vi.advanceTimersByTimeAsync(5000);
    list = [raw('xa'), raw('tinh')];
    await vi.advanceTimersByTimeAsync(5000);
    expect(desk.selected).toEqual(['xa']);
    desk.stop();
  });

  it('says when the server cannot be reached, and keeps what it knew', async () => {
    const desk = await begin();
    vi.stubGlobal('fetch', () => Promise.reject(new Error('down')));
    await vi.advanceTimersByTimeAsync(5000);
    expect([desk.failed, desk.list.length]).toEqual([true, 2]);
    desk.stop();
  });
});
