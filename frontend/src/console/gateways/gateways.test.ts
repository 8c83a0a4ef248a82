// @vitest-environment happy-dom
import { cleanup, render, screen, waitFor } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createFormats } from '../../i18n/format';
import GatewaysPage from './GatewaysPage.svelte';

const formats = createFormats('Asia/Ho_Chi_Minh');
const gateway = (more: object = {}): object => ({
  code: 'lora-1',
  name: 'Cổng LoRa Gia Nghĩa',
  kind: 'lorawan',
  lat: 12.007,
  lon: 107.696,
  area: '24611',
  owner: '',
  parent: '',
  key_id: '',
  stale_after_s: 900,
  per_minute: 6000,
  standing: 'active',
  sample: false,
  origin: 'real',
  seen_at: '2026-11-29T01:00:00Z',
  state: 'garbage',
  since: '2026-11-29T00:50:00Z',
  notice: 'Nhiều giá trị của cổng này không nhận được.',
  complaint: 'khong-co: Cảm biến chưa được đăng ký',
  complaint_at: '2026-11-29T00:59:00Z',
  today: { taken: 1200, unknown_sensor: 30, duplicate: 2, something_new: 400 },
  sensors: ['song-1', 'song-2'],
  ...more,
});

let kept: object[] = [];
let calls: { what: string; body: unknown }[] = [];

beforeEach(() => {
  kept = [gateway({ code: 'cu', name: 'Cổng cũ', standing: 'retired', today: {}, sensors: [] }), gateway()];
  calls = [];
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    const what = `${init.method ?? 'GET'} ${path.replace('/api/v1/gateways', '')}`;
    calls.push({ what, body: typeof init.body === 'string' ? JSON.parse(init.body) : null });
    if (what === 'GET ') return Promise.resolve(new Response(JSON.stringify({ gateways: kept })));
    if (what.startsWith('DELETE')) return Promise.resolve(new Response(null, { status: 204 }));
    return Promise.resolve(new Response(JSON.stringify(gateway())));
  });
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const made = (what: string): unknown => calls.find((each) => each.what === what)?.body;

function type(label: string, value: string): void {
  const field = screen.getByLabelText<HTMLInputElement>(label);
  field.value = value;
  field.dispatchEvent(new Event('input', { bubbles: true }));
}

async function press(name: string): Promise<void> {
  const button = screen.getAllByRole<HTMLButtonElement>('button', { name })[0];
  await waitFor(() => {
    expect(button?.disabled).toBe(false);
  });
  button?.click();
  await tick();
}

it('says how gateways behave, what they brought, most refused first, and those out of use last', async () => {
  render(GatewaysPage, { desk: null, formats, mayManage: false });
  await screen.findByText('Gửi nhiều giá trị hỏng từ 29/11/2026 07:50');
  const text = document.body.textContent.replace(/\s+/g, ' ');
  expect(text.indexOf('Cổng LoRa Gia Nghĩa')).toBeLessThan(text.indexOf('Cổng cũ'));
  expect(text).toContain(
    'Hôm nay nhận 1.200 giá trị Từ chối 400: something_newTừ chối 30: cảm biến lạTừ chối 2: đã có',
  );
  expect(text).toContain('khong-co: Cảm biến chưa được đăng ký 29/11/2026 07:59');
  expect(text).toContain('2 cảm biến qua cổng');
  expect(screen.queryByRole('button', { name: 'Sửa' })).toBeNull();
  expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Thêm cổng kết nối' }).disabled).toBe(true);
});

it('registers a gateway, which may speak through any in use', async () => {
  render(GatewaysPage, { desk: null, formats, mayManage: true });
  await screen.findByText('Cổng LoRa Gia Nghĩa');
  await press('Thêm cổng kết nối');
  type('Mã cổng', 'mast-2');
  type('Tên cổng', ' Cột phát 2 ');
  type('Vĩ độ', '12.01');
  type('Kinh độ', '107.7');
  type('Coi là im lặng sau (phút)', '2.5');
  const parent = screen.getByLabelText<HTMLSelectElement>('Gửi qua cổng');
  expect([...parent.options].map((option) => option.value)).toEqual(['', 'lora-1']);
  await press('Lưu');
  await waitFor(() => {
    expect(made('PUT /mast-2')).toEqual({
      name: 'Cột phát 2',
      kind: 'lorawan',
      lat: 12.01,
      lon: 107.7,
      owner: '',
      parent: '',
      key_id: '',
      stale_after_s: 150,
      per_minute: 6000,
      standing: 'active',
      sample: false,
    });
  });
});

it('takes a gateway out of use only after asking', async () => {
  render(GatewaysPage, { desk: null, formats, mayManage: true });
  await screen.findByText('Cổng LoRa Gia Nghĩa');
  await press('Ngừng dùng');
  expect(calls.some(({ what }) => what.startsWith('DELETE'))).toBe(false);
  await press('Ngừng dùng');
  await waitFor(() => {
    expect(calls.some(({ what }) => what === 'DELETE /lora-1')).toBe(true);
  });
});
