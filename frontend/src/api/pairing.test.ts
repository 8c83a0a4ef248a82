import { afterEach, describe, expect, it, vi } from 'vitest';
import { fetchStanding } from './pairing';
import { askAsScreen, get } from './request';

function answers(status: number, body: object): { calls: { url: string; init: RequestInit }[] } {
  const calls: { url: string; init: RequestInit }[] = [];
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    calls.push({ url, init });
    return Promise.resolve(new Response(JSON.stringify(body), { status }));
  });
  return { calls };
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('how a browser stands', () => {
  it('is read from the answer', async () => {
    const { calls } = answers(200, { state: 'waiting', screen: 'tinh', code: 'ACD349', lost: 'revoked', build: 'b' });
    expect(await fetchStanding('tinh')).toEqual({
      state: 'waiting',
      screen: 'tinh',
      code: 'ACD349',
      lost: 'revoked',
      build: 'b',
    });
    expect(calls[0]).toMatchObject({
      url: '/api/v1/screens/pairing',
      init: { method: 'POST', body: '{"screen":"tinh"}' },
    });
  });

  it('is plain where no token may cross the network', async () => {
    answers(403, { status: 403, errors: [{ reason: 'https', detail: 'Chỉ qua HTTPS.' }] });
    expect((await fetchStanding('tinh')).state).toBe('plain');
  });

  it('is a desk at a server that pairs nothing', async () => {
    answers(404, { status: 404 });
    expect((await fetchStanding('tinh')).state).toBe('desk');
  });

  it('is unknown while the server ails', async () => {
    answers(503, { status: 503 });
    await expect(fetchStanding('tinh')).rejects.toThrow();
  });
});

describe('a page that asks as a screen', () => {
  it('says so with every request, in letters a header can hold', async () => {
    const { calls } = answers(200, {});
    askAsScreen('phòng họp');
    await get('/api/v1/scenes');
    const headers = new Headers(calls[0]?.init.headers);
    expect(headers.get('X-Toancanh-Screen')).toBe('ph%C3%B2ng%20h%E1%BB%8Dp');
    expect(headers.get('Accept')).toBe('application/json');
  });
});
