// @vitest-environment happy-dom
import { cleanup, render, screen, waitFor } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createFormats } from '../../i18n/format';
import { Places } from '../../rules/places';
import type { Desk } from '../session.svelte';
import HooksPage from './HooksPage.svelte';
import { publicTopics, topicWord, unitTopics } from './topics';

const formats = createFormats('Asia/Ho_Chi_Minh');
const desk: Desk = {
  division: { code: 'vn-2022', label: '', root: '67', origin: 'real' },
  topic: '',
  places: new Places([
    { code: '67', parent: '', level: 'province', kind: 'tỉnh', name: 'Đắk Nông' },
    { code: '660', parent: '67', level: 'district', kind: 'thành phố', name: 'Gia Nghĩa' },
  ]),
  categories: [],
  units: [{ code: 'so-xd', name: 'Sở Xây dựng' }],
};
const hook = (more: object = {}): object => ({
  id: '0123456789abcdef',
  label: 'Một cửa',
  url: 'https://mot-cua.example/nhan',
  topic: 'public/vn-2022/67/660',
  seq: 7,
  delivered: 1200,
  delivered_at: '2026-11-29T01:00:00Z',
  failing_since: null,
  attempts: 0,
  next_at: null,
  problem: '',
  created_at: '2026-11-28T01:00:00Z',
  former_until: null,
  ended_at: null,
  ended_why: '',
  ...more,
});

let kept: object[] = [];
let calls: { what: string; body: unknown }[] = [];

beforeEach(() => {
  kept = [hook()];
  calls = [];
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    const what = `${init.method ?? 'GET'} ${path.replace('/api/v1/hooks', '')}`;
    calls.push({ what, body: typeof init.body === 'string' ? JSON.parse(init.body) : null });
    if (what === 'GET ') return Promise.resolve(new Response(JSON.stringify({ hooks: kept })));
    if (what.endsWith('/ping'))
      return Promise.resolve(new Response(JSON.stringify({ taken: false, problem: 'máy chủ trả lời 503' })));
    if (what.startsWith('DELETE')) {
      kept = [hook({ ended_at: '2026-11-30T01:00:00Z', ended_why: 'deleted' })];
      return Promise.resolve(new Response(null, { status: 204 }));
    }
    if (what.startsWith('PUT')) return Promise.resolve(new Response(JSON.stringify(hook())));
    return Promise.resolve(new Response(JSON.stringify({ hook: hook(), secret: 'whsec_bimat' })));
  });
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

/** Presses a button as soon as it can be pressed. */
async function press(name: string): Promise<void> {
  await waitFor(() => {
    expect(screen.getByRole<HTMLButtonElement>('button', { name }).disabled).toBe(false);
  });
  screen.getByRole('button', { name }).click();
  await tick();
}
const made = (what: string): unknown => calls.find((each) => each.what === what)?.body;

function type(label: string, value: string): void {
  const field = screen.getByLabelText<HTMLInputElement>(label);
  field.value = value;
  field.dispatchEvent(new Event('input', { bubbles: true }));
}

it('makes a hook, and shows its secret this once', async () => {
  render(HooksPage, { desk, formats });
  await screen.findByText('Công khai: thành phố Gia Nghĩa');
  await press('Thêm nơi nhận');
  type('Tên nơi nhận', ' Một cửa ');
  type('Địa chỉ nhận (https)', 'https://mot-cua.example/nhan');
  await press('Lưu');
  const field = await screen.findByLabelText<HTMLInputElement>(/Chỉ hiện lần này/);
  expect(field.value).toBe('whsec_bimat');
  expect(made('POST ')).toEqual({
    label: 'Một cửa',
    url: 'https://mot-cua.example/nhan',
    topic: 'public/vn-2022/67',
  });
  await press('Sửa');
  expect(document.body.innerHTML).not.toContain('whsec_bimat');
  type('Tên nơi nhận', 'Một cửa mới');
  await press('Lưu');
  await waitFor(() => {
    expect(made('PUT /0123456789abcdef')).toEqual({ label: 'Một cửa mới', url: 'https://mot-cua.example/nhan' });
  });
});

it('tries, rotates and ends, the last two after asking', async () => {
  kept = [hook({ failing_since: '2026-11-29T02:00:00Z', attempts: 3, problem: 'hết giờ' })];
  render(HooksPage, { desk, formats });
  await screen.findByText('hết giờ');
  await press('Báo thử');
  await screen.findByText('Không nhận: máy chủ trả lời 503');
  await press('Thay bí mật');
  expect(made('POST /0123456789abcdef/rotation')).toBeUndefined();
  await press('Thay bí mật');
  await screen.findByLabelText(/Chỉ hiện lần này/);
  await press('Kết thúc');
  await press('Thôi');
  expect(document.activeElement?.textContent).toBe('Kết thúc');
  expect(made('DELETE /0123456789abcdef')).toBeUndefined();
  await press('Kết thúc');
  await press('Kết thúc');
  await screen.findByText('do quản trị viên');
  expect(screen.queryByRole('button', { name: 'Báo thử' })).toBeNull();
});

it('offers areas and units as topics, and says them in words', () => {
  expect(publicTopics(desk).map(({ topic }) => topic)).toEqual(['public/vn-2022/67', 'public/vn-2022/67/660']);
  expect(unitTopics(desk)).toEqual([{ topic: 'unit/so-xd', word: 'Sở Xây dựng' }]);
  expect([topicWord(desk, 'unit/so-xd'), topicWord(desk, 'ops/x'), topicWord(null, 'unit/a')]).toEqual([
    'Nội bộ: Sở Xây dựng',
    'ops/x',
    'Nội bộ: a',
  ]);
});
