import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  confirmSeen,
  deleteScreen,
  listScreens,
  pairScreen,
  parseListed,
  revokeScreen,
  saveScreen,
  sendBeat,
  sendOrder,
  startMeeting,
} from './screens';

const listed = {
  id: 'tinh',
  version: 7,
  title: 'Trung tâm Giám sát, điều hành thông minh tỉnh Đắk Nông',
  division: 'vn-2022',
  area: '67',
  area_name: 'tỉnh Đắk Nông',
  point: 'Phòng trực',
  scene: 'mua-bao',
  density: 'auto',
  panel_mm: 1370,
  viewing_mm: 3000,
  show: {},
  connected: true,
  settings: { title: '', point: 'Phòng trực', area: '', scene: '', density: 'auto', panel_mm: 1370, viewing_mm: null },
  beat: {
    at: '2026-11-23T02:00:00Z',
    build: 'b',
    seq: 12,
    heap_bytes: 50_000_000,
    fps: 59.5,
    skew_ms: -120,
    phase: 'live',
  },
  seen: { at: '2026-11-23T02:00:01Z', version: 7, applied: false, reason: 'Chữ quá nhỏ' },
};

let calls: { url: string; method: string; body: unknown }[] = [];
let answer: { status: number; body: unknown } = { status: 200, body: {} };

beforeEach(() => {
  calls = [];
  answer = { status: 200, body: {} };
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    calls.push({ url, method: init.method ?? 'GET', body: init.body == null ? null : JSON.parse(init.body as string) });
    return Promise.resolve(new Response(answer.status === 204 ? null : JSON.stringify(answer.body), answer));
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe('pairing', () => {
  it('sends the code as it was typed', async () => {
    await pairScreen('hop-1', 'acd 349');
    expect(calls).toEqual([{ url: '/api/v1/screens/hop-1/pairing', method: 'PUT', body: { code: 'acd 349' } }]);
  });

  it('is taken back', async () => {
    answer = { status: 204, body: null };
    await revokeScreen('hop-1');
    expect(calls).toEqual([{ url: '/api/v1/screens/hop-1/pairing', method: 'DELETE', body: null }]);
  });
});

describe('the list of screens', () => {
  it('is read whole and leaves out what cannot be read', async () => {
    answer.body = { at: '2026-11-23T02:00:05Z', screens: [listed, { id: 'broken' }, 7] };
    const { at, screens: got } = await listScreens();
    expect(at).toBe(Date.UTC(2026, 10, 23, 2, 0, 5));
    expect(got).toHaveLength(1);
    expect(got[0]).toMatchObject({
      point: 'Phòng trực',
      connected: true,
      state: { id: 'tinh', version: 7, panelMm: 1370 },
      beat: {
        at: Date.UTC(2026, 10, 23, 2),
        heapBytes: 50_000_000,
        fps: 59.5,
        skewMs: -120,
        phase: 'live',
        nodes: null,
      },
      seen: { version: 7, applied: false, reason: 'Chữ quá nhỏ' },
      settings: { point: 'Phòng trực', panelMm: 1370, viewingMm: null },
    });
  });

  it('reads who paired a screen, and that it holds no more', () => {
    const pairing = {
      paired_at: '2026-11-23T01:00:00Z',
      by: 'person:1',
      by_name: 'Trần Thị Bình',
      agent: 'Chrome Linux',
    };
    expect(parseListed({ ...listed, pairing })?.pairing).toEqual({
      pairedAt: Date.UTC(2026, 10, 23, 1),
      by: 'Trần Thị Bình',
      own: false,
      agent: 'Chrome Linux',
      endedAt: null,
      endedWhy: '',
    });
    const ended = { ...pairing, by_name: '', ended_at: '2026-11-23T02:00:00Z', ended_why: 'revoked' };
    expect(parseListed({ ...listed, pairing: ended })?.pairing).toMatchObject({
      by: 'person:1',
      endedAt: Date.UTC(2026, 10, 23, 2),
      endedWhy: 'revoked',
    });
    expect(parseListed(listed)?.pairing).toBeNull();
  });

  it('takes a screen that never spoke for one that is not connected', () => {
    expect(parseListed({ id: 'xa', version: 0, beat: null, seen: null })).toMatchObject({
      beat: null,
      seen: null,
      connected: false,
    });
  });
});

describe('an order', () => {
  it('holds only the parts that were given', async () => {
    answer.body = { screens: [{ id: 'tinh', version: 8 }], refused: [] };
    expect(await sendOrder(['tinh'], { scene: 'mua-bao' })).toEqual({
      screens: [{ id: 'tinh', version: 8 }],
      refused: [],
    });
    expect(calls).toEqual([
      { url: '/api/v1/screens/orders', method: 'POST', body: { screens: ['tinh'], show: { scene: 'mua-bao' } } },
    ]);
  });

  it('writes a message in NFC with its end, and null to take it back', async () => {
    const until = new Date(Date.UTC(2026, 10, 23, 8));
    await sendOrder('all', { message: { text: 'Họp'.normalize('NFD'), state: 'warning', until } }, true);
    await sendOrder('all', { message: null });
    expect(calls.map(({ body }) => body)).toEqual([
      {
        screens: 'all',
        show: { message: { text: 'Họp', state: 'warning', until: '2026-11-23T08:00:00.000Z' } },
        skip_refused: true,
      },
      { screens: 'all', show: { message: null } },
    ]);
  });

  it('says which screens were left out', async () => {
    answer.body = { screens: [], refused: [{ screen: 'xa', detail: 'Chữ quá nhỏ' }] };
    expect((await sendOrder('all', { scene: 'mua-bao' }, true)).refused).toEqual([
      { screen: 'xa', reason: 'Chữ quá nhỏ' },
    ]);
  });

  it('that is refused throws what is wrong', async () => {
    answer = { status: 422, body: { title: 'Dữ liệu không hợp lệ', errors: [{ field: 'show.scene', detail: 'x' }] } };
    await expect(sendOrder(['tinh'], { scene: 'x' })).rejects.toMatchObject({ fields: [{ field: 'show.scene' }] });
  });
});

describe('a screen', () => {
  it('is kept, deleted, and let follow a presenter', async () => {
    await saveScreen('họp 1', {
      title: '',
      point: 'UBND huyện',
      area: '660',
      scene: '',
      density: 'auto',
      panelMm: 685,
      viewingMm: null,
    });
    await startMeeting('tinh', ['xa']);
    answer = { status: 204, body: null };
    await deleteScreen('xa');
    expect(calls.map(({ method, url }) => `${method} ${url}`)).toEqual([
      'PUT /api/v1/screens/h%E1%BB%8Dp%201',
      'POST /api/v1/meetings',
      'DELETE /api/v1/screens/xa',
    ]);
    expect(calls[0]?.body).toMatchObject({ point: 'UBND huyện', panel_mm: 685, viewing_mm: null });
  });

  it('confirms what it shows and tells how it is', async () => {
    answer = { status: 204, body: null };
    await confirmSeen('tinh', { version: 8, applied: true, reason: '' });
    await sendBeat('tinh', {
      build: 'b',
      seq: 1,
      heapBytes: null,
      nodes: 900,
      longTasks: 0,
      fps: 60,
      skewMs: 3,
      width: 1920,
      height: 1080,
      scene: 'ngay-thuong',
      area: '67',
      density: 'far',
      phase: 'live',
      version: 8,
    });
    expect(calls[0]).toMatchObject({
      url: '/api/v1/screens/tinh/seen',
      body: { version: 8, applied: true, reason: '' },
    });
    expect(calls[1]?.body).toMatchObject({ heap_bytes: null, skew_ms: 3, phase: 'live', version: 8 });
  });
});
