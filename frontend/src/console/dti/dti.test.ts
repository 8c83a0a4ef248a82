// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, waitFor, within } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createFormats } from '../../i18n/format';
import DTIPage from './DTIPage.svelte';
import { numberOf } from './words';

const formats = createFormats('Asia/Ho_Chi_Minh');
const now = Date.UTC(2026, 10, 30, 2);
const entry = (n: number, code: string, more: object = {}): Record<string, unknown> => ({
  n,
  scheme: '922-2022',
  year: 2022,
  code,
  name: '',
  value: 0.8575,
  most: 1,
  title: 'Báo cáo xếp hạng',
  issuer: 'Bộ TT&TT',
  number: '1/BC',
  reference: 'https://dti.gov.vn/xep-hang-2022',
  dated: '2023-07-12',
  reason: '',
  at: '2026-11-29T02:00:00Z',
  by_name: 'Lê Thị Cúc',
  ...more,
});
const sum = (code: string, value: number | null, entered: number): object => ({
  code,
  value,
  from: value === null ? '' : 'index',
  entered,
  most: 0,
  apart: false,
});

let entries: Record<string, unknown>[] = [];
let answers: Record<string, [status: number, body: object]> = {};
let calls: { what: string; body: unknown }[] = [];

beforeEach(() => {
  entries = [entry(3, '7'), entry(4, '7.1', { value: 8.5, most: 10, name: 'Cổng dịch vụ công' })];
  answers = {};
  calls = [];
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    const what = `${init.method ?? 'GET'} ${path.replace('/api/v1/dti', '')}`;
    calls.push({ what, body: typeof init.body === 'string' ? JSON.parse(init.body) : null });
    const book = {
      area: '67',
      schemes: [
        {
          code: '922-2022',
          decision: '922/QĐ-BTTTT',
          first_year: 2022,
          indices: [
            { code: '6', name: 'Đô thị thông minh', name_en: 'Smart cities', weight: 0, components: 3 },
            { code: '7', name: 'Hoạt động chính quyền số', name_en: 'Digital government', weight: 200, components: 2 },
          ],
          years: [{ year: 2022, value: null, have: 1, need: 8, indices: [sum('6', null, 0), sum('7', 0.8575, 1)] }],
        },
        { code: '405-2025', decision: '405/QĐ-BKHCN', first_year: 2025, indices: [], years: [] },
      ],
      entries,
    };
    const [status, body] = answers[what] ?? (what === 'GET ' ? [200, book] : [404, {}]);
    return Promise.resolve(new Response(JSON.stringify(body), { status }));
  });
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const sent = (what: string): unknown[] => calls.filter((each) => each.what === what).map(({ body }) => body);
const button = (name: string | RegExp): HTMLElement => screen.getByRole('button', { name, hidden: true });
const page = (mayEnter = true, hash = '#chuyen-doi-so'): void => {
  render(DTIPage, { props: { formats, hash, now, mayEnter } });
};
const type = async (label: RegExp, value: string): Promise<void> => {
  await fireEvent.input(await screen.findByLabelText(label), { target: { value } });
};

describe('the values', () => {
  it('stand by main index with what they are of, or say that there are none', async () => {
    page(false);
    await screen.findByText(/có giá trị của 1 trên 8 chỉ số chính/);
    const text = document.body.textContent.replace(/\s+/g, ' ');
    for (const want of [
      '7.1 Cổng dịch vụ công 8,5 trên 10 điểm Báo cáo xếp hạng, Bộ TT&TT, 1/BC, 12/07/2023',
      '7.2 chưa có số liệu',
      'không tính điểm · 0 trên 3 thành phần có số liệu · chưa có số liệu',
      'trọng số 200 · 1 trên 2 thành phần có số liệu · 0,8575',
    ])
      expect(text).toContain(want);
    expect(screen.queryByRole('button', { name: /Nhập giá trị|Rút giá trị/, hidden: true })).toBeNull();
    await fireEvent.change(screen.getByLabelText('Bộ chỉ số'), { target: { value: '405-2025' } });
    await screen.findByText(/chưa có cấu trúc/);
  });

  it('are entered with the evidence typed before, over the entry that was seen', async () => {
    answers['POST /values'] = [201, entry(5, '7.1')];
    page();
    (await screen.findByRole('button', { name: 'Nhập giá trị 7.1', hidden: true })).click();
    await type(/Điểm đạt được/, '9,25');
    expect(screen.getByLabelText<HTMLInputElement>(/Điểm tối đa/).value).toBe('10');
    await type(/Số hiệu văn bản/, ' 2/BC ');
    button('Lưu').click();
    await screen.findByText('Đã ghi giá trị 7.1.');
    expect(sent('POST /values')).toEqual([
      {
        scheme: '922-2022',
        year: 2022,
        code: '7.1',
        value: 9.25,
        most: 10,
        name: 'Cổng dịch vụ công',
        title: 'Báo cáo xếp hạng',
        issuer: 'Bộ TT&TT',
        number: '2/BC',
        reference: 'https://dti.gov.vn/xep-hang-2022',
        dated: '2023-07-12',
        replaces: 4,
      },
    ]);
    button('Nhập giá trị 7.2').click();
    expect((await screen.findByLabelText<HTMLInputElement>(/Số hiệu văn bản/)).value).toBe(' 2/BC ');
    expect(screen.getByLabelText<HTMLInputElement>(/Điểm đạt được/).value).toBe('');
  });

  it('say at each field what is wrong with it', async () => {
    page();
    (await screen.findByRole('button', { name: 'Nhập giá trị 7', hidden: true })).click();
    await type(/Giá trị, từ 0 đến 1/, 'năm');
    button('Lưu').click();
    await screen.findByText('Ghi một số, ví dụ 0,8575.');
    expect(sent('POST /values')).toEqual([]);
    const field = screen.getByLabelText(/Giá trị, từ 0 đến 1/);
    await waitFor(() => {
      expect(document.activeElement).toBe(field);
    });
    answers['POST /values'] = [
      422,
      { detail: 'Sai', errors: [{ field: 'title', reason: 'personal', detail: 'Không ghi số điện thoại.' }] },
    ];
    await type(/Giá trị, từ 0 đến 1/, '0.5');
    button('Lưu').click();
    await screen.findByText('Không ghi số điện thoại.');
    expect(screen.getByLabelText(/Tên văn bản/).getAttribute('aria-invalid')).toBe('true');
  });

  it('of which another was entered meanwhile are shown before they are written over', async () => {
    page();
    (await screen.findByRole('button', { name: 'Nhập giá trị 7', hidden: true })).click();
    await type(/Giá trị, từ 0 đến 1/, '0,5');
    answers['POST /values'] = [409, { detail: 'Giá trị vừa được người khác nhập.' }];
    entries = [entry(9, '7', { value: 0.7 })];
    button('Lưu').click();
    await screen.findByText('Giá trị vừa được người khác nhập.');
    await screen.findByText(/Đang có: 0,7 /);
    answers['POST /values'] = [201, entry(10, '7')];
    button('Lưu').click();
    await screen.findByText('Đã ghi giá trị 7.');
    expect(sent('POST /values').map((body) => (body as { replaces: number }).replaces)).toEqual([3, 9]);
  });

  it('are withdrawn for a reason, and keep their history', async () => {
    answers['POST /withdrawals'] = [201, entry(5, '7', { value: null })];
    answers['GET /history?scheme=922-2022&year=2022&code=7'] = [
      200,
      { entries: [entry(5, '7', { value: null, reason: 'Nhầm năm' }), entry(3, '7')] },
    ];
    page();
    (await screen.findByRole('button', { name: 'Rút giá trị 7', hidden: true })).click();
    await type(/Lý do/, 'Nhầm năm');
    entries = [entry(5, '7', { value: null, reason: 'Nhầm năm', title: '', issuer: '', number: '', reference: '' })];
    within(screen.getByRole('form', { name: 'Rút giá trị 7' }))
      .getByRole('button', { name: 'Rút' })
      .click();
    await screen.findByText('Đã rút giá trị 7.');
    expect(sent('POST /withdrawals')).toEqual([{ n: 3, reason: 'Nhầm năm' }]);
    await screen.findByText('đã rút: Nhầm năm');
    button('Lịch sử giá trị 7').click();
    const table = within(await screen.findByRole('table'));
    expect(table.getAllByRole('row').map((row) => row.textContent.replace(/\s+/g, ' '))).toEqual([
      expect.stringContaining('Mục'),
      expect.stringMatching(/^ ?5 .*Lê Thị Cúc.*đã rút.*Nhầm năm/),
      expect.stringMatching(/^ ?3 .*0,8575.*Báo cáo xếp hạng/),
    ]);
  });
});

describe('a table', () => {
  const bad = { line: 4, column: 'Giá trị', field: 'value', reason: 'format', detail: 'Ô này phải là một số' };
  const tried = (refused: object[]): object => ({
    lines: 3,
    accepted: 2,
    replaced: 1,
    unchanged: 0,
    refused,
    ignored_columns: [],
  });
  const choose = async (): Promise<void> => {
    const picker = await screen.findByLabelText<HTMLInputElement>(/CSV/i);
    Object.defineProperty(picker, 'files', { value: [new File(['a'], 'bang.csv')], configurable: true });
    picker.dispatchEvent(new Event('change', { bubbles: true }));
  };

  it('is taken only when no line of it is bad', async () => {
    answers['POST /import?dry_run=true'] = [200, tried([bad])];
    page(true, '#chuyen-doi-so/bang');
    await choose();
    await screen.findByText('Ô này phải là một số');
    expect(screen.queryByRole('button', { name: /Nhập 2 giá trị/ })).toBeNull();
    answers['POST /import?dry_run=true'] = [200, tried([])];
    await choose();
    answers['POST /import'] = [200, tried([])];
    (await screen.findByRole('button', { name: 'Nhập 2 giá trị' })).click();
    await screen.findByText('Đã nhập 2 giá trị, trong đó 1 thay giá trị cũ.');
    expect(sent('POST /import')).toHaveLength(1);
  });

  it('that was good and is not any more is told line by line', async () => {
    answers['POST /import?dry_run=true'] = [200, tried([])];
    page(true, '#chuyen-doi-so/bang');
    await choose();
    const take = await screen.findByRole('button', { name: 'Nhập 2 giá trị' });
    answers['POST /import'] = [422, tried([bad])];
    answers['POST /import?dry_run=true'] = [200, tried([bad])];
    take.click();
    await screen.findByText('Ô này phải là một số');
  });
});

it('numbers are typed with a comma or a point', () => {
  expect(['0,5', ' 8.25 ', '10'].map(numberOf)).toEqual([0.5, 8.25, 10]);
  expect(['', 'năm', '-1', '1.000,5', '1e3', ',5'].map(numberOf).every((x) => Number.isNaN(x))).toBe(true);
});
