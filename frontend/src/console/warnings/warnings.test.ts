// @vitest-environment happy-dom
import { cleanup, render, screen, waitFor } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { createFormats } from '../../i18n/format';
import { Places } from '../../rules/places';
import type { Desk } from '../session.svelte';
import WarningsPage from './WarningsPage.svelte';

const zone = 'Asia/Ho_Chi_Minh';
const formats = createFormats(zone);
const now = Date.parse('2026-11-30T02:00:00Z');
const desk: Desk = {
  division: { code: 'vn-2022', label: '', root: '67', origin: 'real' },
  topic: '',
  places: new Places([
    { code: '67', parent: '', level: 'province', kind: 'tỉnh', name: 'Đắk Nông' },
    { code: '660', parent: '67', level: 'district', kind: 'thành phố', name: 'Gia Nghĩa' },
  ]),
  categories: [],
  units: [],
};
const words = { event: 'Lũ', headline: 'Lũ trên sông {song}', description: 'a', instruction: 'b' };
const template = {
  code: 'lu',
  name: { vi: 'Lũ', en: 'Flood' },
  category: 'Met',
  urgency: 'Expected',
  severity: 'Moderate',
  certainty: 'Likely',
  response_types: ['Avoid'],
  risk_level: 1,
  hours: 24,
  fields: [{ name: 'song', label: { vi: 'Sông', en: 'River' }, example: 'Đắk Nông' }],
  vi: words,
  en: words,
};
const preview = {
  infos: [{ language: 'vi-VN', ...words, headline: 'Lũ trên sông Đắk Nông', areas: ['Gia Nghĩa'] }],
  xml: '<alert/>',
  faults: [{ field: 'vi.headline', reason: 'placeholder', detail: 'chưa điền {song}' }],
};
const warning = (more: object = {}): object => ({
  id: 'a1',
  version: 3,
  stage: 'waiting',
  msg_type: 'Alert',
  title: 'Lũ trên sông Đắk Nông',
  in_force: false,
  draft: { ...template, template: 'lu', status: 'Actual', areas: ['660'], values: {}, expires: '2026-12-01T02:00:00Z' },
  references: [],
  writers: ['Lan'],
  approver: '',
  reason: '',
  changed_at: '2026-11-30T01:00:00Z',
  allowed: ['approve', 'reject'],
  cap: '',
  ...more,
});
const received = {
  id: 'r1',
  source: 'kttv.example',
  sender_name: 'Đài khí tượng',
  title: '[DIỄN TẬP] Dông',
  severity: 'Severe',
  areas: ['660'],
  in_force: true,
  expires_at: '2026-11-30T05:00:00Z',
};

let ours: object[] = [];
let calls: { what: string; body: unknown }[] = [];

beforeEach(() => {
  ours = [];
  calls = [];
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    const what = `${init.method ?? 'GET'} ${path.replace('/api/v1/', '')}`;
    const body: unknown = typeof init.body === 'string' ? JSON.parse(init.body) : null;
    calls.push({ what, body });
    const answer = (raw: object): Promise<Response> => Promise.resolve(new Response(JSON.stringify(raw)));
    if (what === 'GET warning-templates')
      return answer({
        templates: [template],
        risk_levels: [{ level: 1, vi: 'cấp 1 (nhỏ)', en: 'level 1 (low)', severity: 'Minor' }],
        origin: 'real',
      });
    if (what === 'GET warning-feeds')
      return answer({ feeds: [{ host: 'kttv.example', taken: 3, refused: 1, problem: 'timeout' }] });
    if (what.startsWith('GET warnings/received?')) return answer({ warnings: [received] });
    if (what.startsWith('GET warnings?')) return answer({ warnings: ours });
    if (what === 'POST warnings/preview') return answer(preview);
    if (what === 'POST warnings/a1/acts' && (body as { act: string }).act === 'approve')
      return answer({
        ...warning({ stage: 'approved', allowed: ['publish'], approver: 'Minh' }),
        entries: [],
        public: preview,
      });
    return answer({
      ...warning(),
      entries: [{ at: '2026-11-30T01:00:00Z', act: 'send', actor: 'Lan', reason: '' }],
      public: preview,
    });
  });
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const page = (may: string[] = ['warning.write', 'warning.import']): void => {
  render(WarningsPage, {
    desk,
    formats,
    zone,
    now,
    may: (action: string) => may.includes(action),
    scope: null,
    level: null,
  });
};

async function press(name: string | RegExp): Promise<void> {
  await waitFor(() => {
    expect(screen.getByRole<HTMLButtonElement>('button', { name }).disabled).toBe(false);
  });
  screen.getByRole('button', { name }).click();
  await tick();
}
const sent = (what: string): unknown => calls.findLast((each) => each.what === what)?.body;

it('shows those of others beside ours, and how their feeds answer', async () => {
  ours = [warning({ stage: 'published', in_force: true })];
  page();
  await screen.findByText('[DIỄN TẬP] Dông');
  screen.getByText('Nhận về để biết; trung tâm không tự phát lại.');
  screen.getByText(/Không đọc được \(timeout\)/);
  expect(screen.getByText('Rủi ro thiên tai cấp 1')).toBeTruthy();
});

it('writes one from its template beside what the public will read', async () => {
  page();
  await press('Soạn cảnh báo');
  await screen.findByText('Lũ trên sông Đắk Nông');
  screen.getByText(/chưa điền {song}/);
  expect(screen.getByRole<HTMLButtonElement>('button', { name: 'Lưu bản thảo' }).disabled).toBe(true);
  const list = screen.getByLabelText<HTMLSelectElement>('Chọn địa bàn');
  list.value = '660';
  list.dispatchEvent(new Event('change', { bubbles: true }));
  await tick();
  await press('Thêm địa bàn');
  const river = screen.getByLabelText<HTMLInputElement>('Sông');
  river.value = 'Đắk Nông';
  river.dispatchEvent(new Event('input', { bubbles: true }));
  await press('Lưu bản thảo');
  await waitFor(() => {
    expect(sent('POST warnings')).toMatchObject({
      template: 'lu',
      status: 'Actual',
      areas: ['660'],
      values: { song: 'Đắk Nông' },
      expires: '2026-12-01T02:00:00.000Z',
      risk_level: 1,
      vi: words,
      en: words,
    });
  });
});

it('lets a second person approve after asking, and send back only with a reason', async () => {
  ours = [warning()];
  page([]);
  await press('Đang soạn, chờ duyệt');
  await press('Xem: Lũ trên sông Đắk Nông');
  await screen.findByText(/Gửi duyệt · Lan/);
  expect(screen.queryByRole('button', { name: 'Trả lại' })).toBeNull();
  const reason = screen.getByLabelText<HTMLTextAreaElement>('Lý do trả lại (cần có để trả lại)');
  reason.value = 'ghi rõ giờ';
  reason.dispatchEvent(new Event('input', { bubbles: true }));
  await press('Trả lại');
  await waitFor(() => {
    expect(sent('POST warnings/a1/acts')).toEqual({ act: 'reject', version: 3, reason: 'ghi rõ giờ' });
  });
  await press('Duyệt');
  expect(sent('POST warnings/a1/acts')).toMatchObject({ act: 'reject' });
  await press('Duyệt');
  await screen.findByText(/Minh duyệt/);
  expect(screen.queryByRole('button', { name: 'Soạn cảnh báo' })).toBeNull();
});
