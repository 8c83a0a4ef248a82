// @vitest-environment happy-dom
import { cleanup, render, screen, waitFor } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFormats } from '../../i18n/format';
import KeysPage from './KeysPage.svelte';
import { entriesOf } from './rights';

const formats = createFormats('Asia/Ho_Chi_Minh');
const key = (more: object = {}): object => ({
  id: '0123456789ab',
  label: 'Trạm mưa',
  rights: ['readings'],
  scope: { sensors: ['mua-*'], categories: [], areas: [] },
  per_minute: 6000,
  burst: 1000,
  version: 3,
  created_at: '2026-11-29T01:00:00Z',
  rotated_at: null,
  former_until: null,
  used_at: null,
  ...more,
});

let kept: object[] = [];
let calls: { what: string; body: unknown }[] = [];

beforeEach(() => {
  kept = [key()];
  calls = [];
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    const what = `${init.method ?? 'GET'} ${path.replace('/api/v1/keys', '')}`;
    calls.push({ what, body: typeof init.body === 'string' ? JSON.parse(init.body) : null });
    if (what === 'GET ') return Promise.resolve(new Response(JSON.stringify({ keys: kept })));
    if (what.startsWith('DELETE')) {
      kept = [];
      return Promise.resolve(new Response(null, { status: 204 }));
    }
    if (what.startsWith('PUT')) return Promise.resolve(new Response(JSON.stringify(key())));
    return Promise.resolve(new Response(JSON.stringify({ key: key(), token: 'tck_0123456789ab_bimat' })));
  });
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

/** Presses a button as soon as it can be pressed. */
async function press(name: RegExp): Promise<void> {
  await waitFor(() => {
    expect(screen.getByRole<HTMLButtonElement>('button', { name }).disabled).toBe(false);
  });
  screen.getByRole('button', { name }).click();
  await tick();
}
const made = (what: string): unknown => calls.find((each) => each.what === what)?.body;

function type(label: RegExp, value: string): void {
  const field = screen.getByLabelText<HTMLInputElement>(label);
  field.value = value;
  field.dispatchEvent(new Event('input', { bubbles: true }));
}

describe('the page of keys', () => {
  it('lists what a key is for and when it was used', async () => {
    kept = [key({ used_at: '2026-11-29T01:02:00Z', former_until: '2099-01-01T00:00:00Z' })];
    render(KeysPage, { desk: null, formats });
    await screen.findByText('Trạm mưa');
    const text = document.body.textContent;
    for (const part of ['Gửi số đo', 'mua-*', '6.000 yêu cầu mỗi phút', 'Dùng lần cuối', 'Khóa cũ còn dùng được đến'])
      expect(text).toContain(part);
  });

  it('shows a new token this once', async () => {
    render(KeysPage, { desk: null, formats });
    await screen.findByText('Trạm mưa');
    await press(/Cấp khóa/);
    type(/Khóa của ai/, ' Trạm gió ');
    screen.getByLabelText<HTMLInputElement>('Gửi số đo').click();
    type(/Chỉ cảm biến/, 'gio-1, gio-2 gio-1');
    await tick();
    await press(/Lưu/);
    const field = await screen.findByLabelText<HTMLInputElement>(/Chỉ hiện lần này/);
    expect(field.value).toBe('tck_0123456789ab_bimat');
    expect(made('POST ')).toEqual({
      label: 'Trạm gió',
      rights: ['readings'],
      scope: { sensors: ['gio-1', 'gio-2'], categories: [], areas: [] },
      per_minute: 6000,
      burst: 1000,
    });
    await press(/Cấp khóa/);
    expect(document.body.innerHTML).not.toContain('bimat');
  });

  it('sends no scope for a key that controls screens', async () => {
    render(KeysPage, { desk: null, formats });
    await screen.findByText('Trạm mưa');
    await press(/Cấp khóa/);
    type(/Khóa của ai/, 'Bảng điều khiển');
    type(/Chỉ cảm biến/, 'gio-1');
    screen.getByLabelText<HTMLInputElement>('Điều khiển màn hình').click();
    await tick();
    expect(screen.queryByLabelText(/Chỉ cảm biến/)).toBeNull();
    await press(/Lưu/);
    await screen.findByLabelText(/Chỉ hiện lần này/);
    expect(made('POST ')).toMatchObject({ scope: { sensors: [], categories: [], areas: [] } });
  });

  it('changes, rotates and revokes', async () => {
    render(KeysPage, { desk: null, formats });
    await screen.findByText('Trạm mưa');
    await press(/Sửa/);
    type(/Số yêu cầu mỗi phút/, '60');
    await press(/Lưu/);
    await waitFor(() => {
      expect(made('PUT /0123456789ab')).toMatchObject({ version: 3, label: 'Trạm mưa', per_minute: 60 });
    });
    await waitFor(() => {
      expect(screen.queryByLabelText(/Khóa của ai/)).toBeNull();
    });
    await press(/Thay khóa/);
    await press(/Thay khóa/);
    await screen.findByLabelText(/Chỉ hiện lần này/);
    expect(made('POST /0123456789ab/rotation')).toEqual({ overlap_hours: 24 });
    await press(/Thu hồi/);
    expect(made('DELETE /0123456789ab')).toBeUndefined();
    await press(/Thu hồi/);
    await screen.findByText('Chưa có khóa nào.');
  });
});

it('reads lists however they are typed', () => {
  expect(entriesOf(' mua-*,gio-1;\n mua-*  ')).toEqual(['mua-*', 'gio-1']);
  expect(entriesOf('')).toEqual([]);
});
