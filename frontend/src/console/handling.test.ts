// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fetchReport } from '../api/reports';
import type { Team } from '../api/teams';
import { createFormats } from '../i18n/format';
import type { OpsReport } from '../wire/report';
import RulesPart from './assignment/RulesPart.svelte';
import { lostWord } from './assignment/words';
import ForecastPanel from './queue/ForecastPanel.svelte';
import { teamsFor } from './queue/teams';
import TransfersPart from './queue/TransfersPart.svelte';
import VisitsPart from './queue/VisitsPart.svelte';
import type { Desk } from './session.svelte';
import { actorWord, ratingWord } from './words';

const formats = createFormats('Asia/Ho_Chi_Minh');
const itself = (code: string): string => code;

let answers: Record<string, [status: number, body: object]> = {};
let calls: { what: string; body: unknown }[] = [];

beforeEach(() => {
  answers = {};
  calls = [];
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    const what = `${init.method ?? 'GET'} ${path.replace('/api/v1', '')}`;
    calls.push({ what, body: typeof init.body === 'string' ? JSON.parse(init.body) : null });
    const [status, body] = answers[what] ?? [404, {}];
    return Promise.resolve(new Response(JSON.stringify(body), { status }));
  });
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

const sent = (what: string): unknown[] => calls.filter((each) => each.what === what).map(({ body }) => body);
const button = (name: RegExp): HTMLElement => screen.getByRole('button', { name });

describe('a report', () => {
  it('tells what the rules propose, what was asked, and who acted', async () => {
    answers['GET /reports/r1'] = [
      200,
      {
        report: { id: 'r1', version: 2, status: 'da_tiep_nhan', received_at: '2026-11-23T02:00:00Z', level: 'tinh' },
        acts: [{ n: 1, act: 'rate', solved: 'partly', manner: 'hai_long', at: '2026-11-23T02:00:00Z' }],
        allowed: ['assign'],
        proposal: { unit: 'so-xd', why: 'Đơn vị của lĩnh vực', rule: null },
        attributes: [{ code: 'RONG', name: 'Rộng', values: ['1 m', '2 m'] }],
        actors: { 'person:1': 'Lê Thị Cúc' },
      },
    ];
    const { report, proposal, attributes, actors, entries } = await fetchReport('r1');
    expect([report.level, proposal?.unit, attributes[0]?.values, entries[0]?.solved]).toEqual([
      'tinh',
      'so-xd',
      ['1 m', '2 m'],
      'partly',
    ]);
    expect(actorWord('person:1', actors)).toBe('Lê Thị Cúc');
    expect(actorWord('person:2', actors)).toBe('một người dùng');
    expect(ratingWord('partly', 'hai_long')).toBe('Giải quyết: một phần. Cách xử lý: hài lòng.');
  });
});

describe('transfer notes', () => {
  const note = {
    id: 't1',
    symbol: '15/PC-IOC',
    to: 'so-xd',
    to_name: 'Sở Xây dựng',
    due: '2026-11-25T02:00:00Z',
    issued_at: '2026-11-23T02:00:00Z',
    state: 'chua_ky_so',
    serial: '',
  };

  it('are marked as signed with a certificate, once', async () => {
    answers['GET /reports/r1/transfers'] = [200, { transfers: [note] }];
    answers['PUT /transfers/t1'] = [200, { ...note, state: 'da_ky_so', serial: '54:01' }];
    render(TransfersPart, { props: { report: 'r1', count: 1, formats, mayMove: true } });
    await screen.findByText('15/PC-IOC');
    expect(screen.getByRole('link').getAttribute('href')).toBe('/api/v1/transfers/t1.pdf');
    await fireEvent.input(screen.getByLabelText('Số sê-ri chứng thư số'), { target: { value: ' 54:01 ' } });
    button(/Ghi là đã ký số/).click();
    await screen.findByText('Đã ký số');
    expect(sent('PUT /transfers/t1')).toEqual([{ state: 'da_ky_so', serial: '54:01' }]);
    expect(screen.queryByRole('button')).toBeNull();
  });

  it('say what the server refuses and keep what was typed', async () => {
    answers['GET /reports/r1/transfers'] = [200, { transfers: [note] }];
    answers['PUT /transfers/t1'] = [409, { title: 'x', detail: 'Phiếu chuyển đã ký số' }];
    render(TransfersPart, { props: { report: 'r1', count: 1, formats, mayMove: true } });
    const serial = await screen.findByLabelText<HTMLInputElement>('Số sê-ri chứng thư số');
    await fireEvent.input(serial, { target: { value: '54' } });
    button(/Ghi là đã ký số/).click();
    expect((await screen.findByRole('alert')).textContent).toBe('Phiếu chuyển đã ký số');
    expect(serial.value).toBe('54');
  });
});

describe('community teams', () => {
  const team = (id: string, area: string, more: Partial<Team> = {}): Team => ({
    id,
    name: `Tổ ${id}`,
    village: '',
    area,
    areaName: area,
    version: 1,
    disabled: false,
    members: [{ id: 'p', name: 'An' }],
    ...more,
  });

  it('are offered when they can go, those nearby first', () => {
    const all = [team('a', '1'), team('b', '2'), team('c', '2', { disabled: true }), team('d', '2', { members: [] })];
    expect(teamsFor(all, { area: '2' }).map(({ id }) => id)).toEqual(['b', 'a']);
  });

  it('are asked for the version that was seen', async () => {
    const at = '2026-11-23T02:00:00Z';
    answers['GET /reports/r1/visits'] = [
      200,
      { visits: [{ id: 'v', team_name: 'Tổ 3', asked_at: at, asked_by: 'person:1', arrived_at: at, metres: 40 }] },
    ];
    answers['GET /teams'] = [200, { teams: [{ id: 't', name: 'Tổ 5', area: '2', members: [{ id: 'p' }] }] }];
    answers['POST /reports/r1/visits'] = [201, {}];
    const onasked = vi.fn();
    render(VisitsPart, {
      props: {
        report: { id: 'r1', version: 7, area: '2' } as OpsReport,
        count: 1,
        actors: new Map([['person:1', 'Lê Thị Cúc']]),
        formats,
        mayAsk: true,
        onasked,
      },
    });
    await screen.findByText(/Lê Thị Cúc/);
    expect(screen.getByText(/khoảng 40 m/)).toBeTruthy();
    const details = document.querySelector('details');
    if (details === null) throw new Error('nobody can be asked');
    details.open = true;
    await fireEvent(details, new Event('toggle'));
    await screen.findByLabelText('Tổ');
    (await screen.findByRole('button', { name: /Gửi yêu cầu/ })).click();
    await waitFor(() => {
      expect(onasked).toHaveBeenCalledOnce();
    });
    expect(sent('POST /reports/r1/visits')).toEqual([{ team: 't', note: '', version: 7 }]);
  });
});

describe('the forecast', () => {
  const score = { precision: 0.8, recall: 0.9, f1: 0.85 };
  const skill = { learned: 190, judged: 102, missed: 71, rule: score, not_started: score, all_due: score };
  const show = (body: object, onopen = vi.fn()): typeof onopen => {
    answers['GET /forecast'] = [200, body];
    render(ForecastPanel, {
      props: { formats, now: 0, placeName: itself, unitName: itself, categoryName: itself, onopen },
    });
    return onopen;
  };

  it('names what will be late, why and what helps, and opens it', async () => {
    const warned = { id: 'r1', code: 'K7M2-Q9XD', category: 'XD', unit: 'so-xd', area: '2', act: 'remind' };
    const onopen = show({
      shown: true,
      skill,
      reports: [{ ...warned, due: '2026-11-25T02:00:00Z', chance: 0.75, why: 'Kịp 3 trong 11 việc' }],
    });
    await screen.findByText('Sắp trễ hạn: 1 phản ánh');
    expect(document.body.textContent).toMatch(/75 %.*Nên nhắc đơn vị bắt đầu.*Kịp 3 trong 11 việc/);
    screen.getByText('K7M2-Q9XD').click();
    expect(onopen).toHaveBeenCalledWith('r1');
  });

  it('says calmly why nothing is foretold', async () => {
    show({ shown: false, why_not: 'Chưa hơn danh sách đến hạn.', skill, reports: [] });
    await screen.findByText('Chưa hơn danh sách đến hạn.');
    expect(document.body.textContent).toMatch(/Học từ 190 phản ánh/);
    expect(screen.queryByRole('alert')).toBeNull();
  });
});

describe('the rules of assignment', () => {
  const desk = {
    division: { code: 'vn-2022', root: '67' },
    places: { below: () => [], named: itself },
    categories: [{ code: 'XD', name: 'Trật tự xây dựng' }],
    units: [
      { code: 'so-xd', name: 'Sở Xây dựng' },
      { code: 'ioc', name: 'IOC' },
    ],
  } as unknown as Desk;
  const rule = { category: 'XD', division: '', area: '', hours: 'working', unit: 'so-xd' };

  it('become a new version for a reason, and only then', async () => {
    const other = { ...rule, hours: '', unit: 'ioc' };
    answers['GET /assignment'] = [200, { version: 4, made_at: null, reason: 'x', rules: [rule, other] }];
    answers['PUT /assignment'] = [200, { version: 5, made_at: null, reason: 'y', rules: [other] }];
    render(RulesPart, { props: { desk, formats, categoryName: itself, unitName: itself, mayChange: true } });
    await waitFor(() => {
      expect(button(/Bỏ quy tắc 1/).hasAttribute('disabled')).toBe(false);
    });
    button(/Bỏ quy tắc 1/).click();
    (await screen.findByRole('button', { name: 'Sửa quy tắc 1' })).click();
    await screen.findByLabelText('Đơn vị xử lý');
    button(/Đưa vào danh sách/).click();
    await fireEvent.input(await screen.findByLabelText('Lý do'), { target: { value: 'Theo quyết định' } });
    expect(sent('PUT /assignment')).toEqual([]);
    button(/Ban hành bản mới/).click();
    await screen.findByText(/Bản 5/);
    expect(sent('PUT /assignment')).toEqual([{ version: 4, reason: 'Theo quyết định', rules: [other] }]);
  });

  it('count lost hours by each clock apart', () => {
    expect(lostWord({ working: 0, clock: 0 }, formats)).toBe('0,0 giờ làm việc');
    expect(lostWord({ working: 1.5, clock: 2 }, formats)).toBe('1,5 giờ làm việc, 2,0 giờ đồng hồ');
  });
});
