// @vitest-environment happy-dom
import { cleanup, render, screen, waitFor } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFormats } from '../../i18n/format';
import type { OpsReport } from '../../wire/report';
import CallbackBar from './CallbackBar.svelte';
import { Contacts, contactsKey } from './callbacks.svelte';
import ContactPart from './ContactPart.svelte';
import RevealsPage from './RevealsPage.svelte';

const formats = createFormats('Asia/Ho_Chi_Minh');
const report = {
  id: 'r1',
  code: 'K7M2-Q9XD',
  status: 'moi',
  priority: 'khan_cap',
  emergency: true,
  closedAt: null,
  hasContact: true,
} as OpsReport;
const call = (own: boolean, state: string): object => ({
  id: 'c1',
  report: { id: 'r1', code: 'K7M2-Q9XD' },
  requester: { id: 'p1', name: 'Lê An' },
  confirmer: { id: '', name: '' },
  reason: 'xac_minh_vi_tri',
  state,
  ends_at: '2026-11-29T08:10:00Z',
  own,
});
const reasons = [
  { code: 'xac_minh_vi_tri', label: 'Xác minh' },
  { code: 'ly_do_moi', label: 'Lý do mới' },
];

let answers: Record<string, [status: number, body: object]> = {};
let calls: { what: string; body: unknown; idle: boolean }[] = [];

beforeEach(() => {
  answers = { 'GET /callbacks': [200, { callbacks: [], reasons }] };
  calls = [];
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    const what = `${init.method ?? 'GET'} ${path.replace('/api/v1', '').replace(/\?.*/, '')}`;
    calls.push({
      what,
      body: typeof init.body === 'string' ? JSON.parse(init.body) : null,
      idle: new Headers(init.headers).has('X-Toancanh-Idle'),
    });
    const answer = answers[what];
    if (answer === undefined) return Promise.reject(new Error(`nobody answers ${what}`));
    const [status, body] = answer;
    return Promise.resolve(new Response(status === 204 ? null : JSON.stringify(body), { status }));
  });
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

const press = (name: RegExp): void => {
  screen.getByRole('button', { name }).click();
};
const made = (what: string): unknown[] => calls.filter((each) => each.what === what).map(({ body }) => body);

async function part(may: { reveal: boolean; call: boolean }, shown = report): Promise<Contacts> {
  const contacts = new Contacts(may);
  await contacts.refresh();
  render(ContactPart, { props: { report: shown }, context: new Map([[contactsKey, contacts]]) });
  return contacts;
}

describe('the sealed contact of a report', () => {
  it('is not spoken of to those who may not open it', async () => {
    await part({ reveal: false, call: false });
    expect(screen.queryByRole('button')).toBeNull();
  });

  it('is shown for a reason, and gone when it is hidden', async () => {
    answers['POST /reports/r1/contact'] = [
      200,
      { contact: { name: 'Trần Văn Bảy', phone: '0912 345 678', email: '' } },
    ];
    await part({ reveal: true, call: false });
    press(/Xem liên hệ/);
    const field = await screen.findByLabelText(/Lý do xem/);
    expect(screen.getByRole<HTMLButtonElement>('button', { name: /Xem liên hệ/ }).disabled).toBe(true);
    (field as HTMLTextAreaElement).value = 'Cần hỏi lại vị trí';
    field.dispatchEvent(new Event('input', { bubbles: true }));
    await tick();
    press(/Xem liên hệ/);
    await waitFor(() => {
      expect(document.body.textContent).toContain('0912 345 678');
    });
    expect(made('POST /reports/r1/contact')).toEqual([{ reason: 'Cần hỏi lại vị trí' }]);
    expect(document.body.textContent).not.toContain('Thư điện tử');
    press(/Ẩn liên hệ/);
    await tick();
    expect(document.body.textContent).not.toContain('0912');
  });

  it('says why it is not shown', async () => {
    answers['POST /reports/r1/callbacks'] = [409, { title: 'x', detail: 'Người gửi không để lại số điện thoại.' }];
    await part({ reveal: false, call: true });
    press(/Gọi lại khẩn cấp/);
    const choice = await screen.findByLabelText<HTMLSelectElement>(/Lý do gọi lại/);
    expect([...choice.options].map(({ text }) => text)).toEqual([
      'Xác minh vị trí để lực lượng đến đúng nơi',
      'Lý do mới',
    ]);
    choice.value = 'ly_do_moi';
    choice.dispatchEvent(new Event('change', { bubbles: true }));
    await tick();
    press(/Yêu cầu gọi lại/);
    expect((await screen.findByRole('alert')).textContent).toContain('không để lại số');
  });

  it('offers no call-back of what can wait', async () => {
    await part({ reveal: false, call: true }, { ...report, priority: 'binh_thuong', emergency: false });
    expect(screen.queryByRole('button')).toBeNull();
  });

  it('waits for the second key, then shows the number for a minute', async () => {
    answers['GET /callbacks'] = [200, { callbacks: [call(true, 'waiting')], reasons }];
    const contacts = await part({ reveal: false, call: true });
    expect(screen.getByRole('status').textContent).toContain('chờ người thứ hai');
    expect(screen.queryByRole('button', { name: /Hiện số/ })).toBeNull();
    answers['GET /callbacks'] = [200, { callbacks: [call(true, 'confirmed')], reasons }];
    await contacts.refresh();
    await tick();
    answers['GET /callbacks'] = [200, { callbacks: [call(true, 'shown')], reasons }];
    answers['POST /callbacks/c1/number'] = [200, { phone: '0912 345 678', visible_s: 60 }];
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    press(/Hiện số một lần/);
    await vi.waitFor(() => {
      expect(document.body.textContent).toContain('0912 345 678');
    });
    vi.advanceTimersByTime(59_000);
    await tick();
    expect(document.body.textContent).toContain('0912 345 678');
    vi.advanceTimersByTime(1000);
    await tick();
    expect(document.body.textContent).not.toContain('0912');
  });
});

describe('call-backs that wait for a second key', () => {
  it('are those of others, confirmed with one press', async () => {
    answers['GET /callbacks'] = [200, { callbacks: [call(false, 'waiting')], reasons }];
    answers['POST /callbacks/c1/confirmation'] = [200, {}];
    render(CallbackBar, { contacts: new Contacts({ reveal: false, call: true }), formats });
    await screen.findByText(/Lê An xin gọi lại người gửi K7M2-Q9XD/);
    answers['GET /callbacks'] = [200, { callbacks: [call(false, 'confirmed')], reasons }];
    press(/Xác nhận/);
    await waitFor(() => {
      expect(screen.queryByRole('button')).toBeNull();
    });
    expect(made('POST /callbacks/c1/confirmation')).toHaveLength(1);
    expect(calls.filter(({ what }) => what === 'GET /callbacks').every(({ idle }) => idle)).toBe(true);
  });

  it('are asked for by nobody who may not confirm', async () => {
    render(CallbackBar, { contacts: new Contacts({ reveal: true, call: false }), formats });
    await tick();
    expect(calls).toEqual([]);
  });
});

describe('the page of who has seen what', () => {
  it('marks what was looked at, and nothing of one’s own', async () => {
    const row = (id: string, person: string): object => ({
      id,
      at: '2026-11-29T01:00:00Z',
      report: { id: 'r1', code: 'K7M2-Q9XD' },
      person: { id: person, name: person },
      kind: id === '2' ? 'callback' : 'reveal',
      reason: id === '2' ? 'xac_minh_vi_tri' : 'Cần hỏi lại vị trí',
      confirmer: id === '2' ? 'Bình' : '',
      seen_at: null,
      seen_by: '',
    });
    answers['GET /reveals'] = [
      200,
      {
        reveals: [row('3', 'tôi'), row('2', 'An')],
        counts: [{ person: { id: 'An', name: 'An' }, day: 1, month: 2, unseen: 1 }],
        next: '',
      },
    ];
    answers['POST /reveals/2/seen'] = [204, {}];
    render(RevealsPage, { formats, personId: 'tôi' });
    const button = await screen.findByRole('button', { name: /Đánh dấu/ });
    const text = document.body.textContent;
    expect(text).toContain('Xác minh vị trí để lực lượng đến đúng nơi');
    expect(text).toContain('gọi lại, Bình xác nhận');
    expect(text).toContain('24 giờ: 1 · 30 ngày: 2 · chưa xem xét: 1');
    await tick(); // until the page is done with its list
    button.click();
    await waitFor(() => {
      expect(document.body.textContent).toContain('chưa xem xét: 0');
    });
    expect(screen.queryByRole('button', { name: /Đánh dấu/ })).toBeNull();
  });
});
