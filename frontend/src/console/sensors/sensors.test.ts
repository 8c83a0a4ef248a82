// @vitest-environment happy-dom
import { cleanup, render, screen, waitFor } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { parseSensor, parseSeries, type Series } from '../../api/sensors';
import { createFormats } from '../../i18n/format';
import { Places } from '../../rules/places';
import type { Desk } from '../session.svelte';
import { columnsOf, limitsOf, linesOf, markOf, reachOf } from './chart';
import { everySensor, found, seen } from './filter';
import Chip from '../../ui/Chip.svelte';
import SensorsPage from './SensorsPage.svelte';
import { fareOf } from './words';

const zone = 'Asia/Ho_Chi_Minh';
const formats = createFormats(zone);
const places = new Places([
  { code: '67', parent: '', level: 'province', kind: 'tỉnh', name: 'Đắk Nông' },
  { code: '660', parent: '67', level: 'district', kind: 'thành phố', name: 'Gia Nghĩa' },
  { code: '661', parent: '67', level: 'district', kind: 'huyện', name: 'Đăk Glong' },
  { code: '24611', parent: '660', level: 'commune', kind: 'phường', name: 'Nghĩa Đức' },
  { code: '24616', parent: '661', level: 'commune', kind: 'xã', name: 'Quảng Sơn' },
]);
const desk: Desk = {
  division: { code: 'vn-2022', label: '', root: '67', origin: 'real' },
  topic: '',
  places,
  categories: [],
  units: [{ code: 'so-tnmt', name: 'Sở Tài nguyên và Môi trường' }],
};
const raw = (code: string, more: object = {}): Record<string, unknown> => ({
  code,
  name: `Trạm ${code}`,
  kind: 'river',
  unit: 'm',
  area: '24611',
  area_name: 'Phường Nghĩa Đức',
  standing: 'active',
  version: 3,
  state: 'normal',
  value: 587.2,
  at: new Date(Date.now() - 120_000).toISOString(),
  levels: [],
  unconfirmed: [],
  silence_after_s: 1800,
  ...more,
});
const series = (more: object = {}): Series =>
  parseSeries({
    sensor: 'a',
    name: 'Trạm a',
    unit: 'm',
    step: 'raw',
    asked: 'raw',
    t: [],
    value: [],
    doubts: [],
    ...more,
  });

describe('the list', () => {
  const all = [
    raw('binh-thuong', { name: 'Mực nước Đắk Nông' }),
    raw('lang', { silent: true, state: 'unknown' }),
    raw('chua-noi', { value: null, at: null, silent: true, state: 'unknown' }),
    raw('vuot', { state: 'warning', area: '24616', area_name: 'Xã Quảng Sơn', gateway: 'cong-quang-son' }),
    raw('sua', { maintenance: true }),
    raw('ngo', { quality: ['stuck'] }),
    raw('cu', { standing: 'retired' }),
    raw('moi', { standing: 'proposed' }),
    raw('khong-nguong', { unconfirmed: ['BĐ3'] }),
  ].map(parseSensor);
  const codes = (filter: object): string[] => found(all, { ...everySensor, ...filter }, places).map(({ code }) => code);

  it('puts first what needs somebody', () => {
    expect(codes({})).toEqual(['vuot', 'lang', 'chua-noi', 'binh-thuong', 'khong-nguong', 'ngo', 'sua']);
  });

  it('finds words without diacritics, in any order, also by gateway', () => {
    expect(codes({ words: 'nong muc nuoc dak' })).toEqual(['binh-thuong']);
    expect(codes({ words: 'QUANG-SON' })).toEqual(['vuot']);
  });

  it('narrows by place and by how they fare', () => {
    expect(codes({ area: '661' })).toEqual(['vuot']);
    expect(codes({ sight: 'silent' })).toEqual(['lang', 'chua-noi']);
    expect(codes({ sight: 'doubt' })).toEqual(['ngo']);
    expect(codes({ sight: 'maintenance' })).toEqual(['sua']);
    expect(codes({ sight: 'retired' })).toEqual(['cu']);
    expect(codes({ sight: 'unconfirmed' })).toEqual(['khong-nguong']);
    expect(all.filter((sensor) => seen(sensor, 'over')).map(fareOf)).toEqual(['warning']);
  });
});

describe('the chart', () => {
  it('keeps gaps, and makes none where only another series speaks', () => {
    const a = series({ t: [10, 20, 30], value: [1, null, 3] });
    const b = series({ sensor: 'b', t: [15, 30], value: [5, 6] });
    expect(columnsOf([a, b])).toEqual({
      x: [10, 15, 20, 30],
      y: [
        [1, undefined, null, 3],
        [undefined, 5, undefined, 6],
      ],
    });
    const summed = series({ t: [0], value: [2], min: [1], max: [3], n: [4] });
    expect(columnsOf([summed]).y).toEqual([[2], [1], [3]]);
  });

  it('draws only limits that all share', () => {
    const limit = (label: string, at: number): object => ({
      label,
      at,
      state: 'warning',
      source: 'x',
      confirmed: true,
    });
    const a = series({ limits: [limit('BĐ1', 1), limit('BĐ2', 2)] });
    const b = series({ limits: [limit('BĐ2', 2)] });
    expect(limitsOf([a]).map(({ label }) => label)).toEqual(['BĐ1', 'BĐ2']);
    expect(limitsOf([a, b]).map(({ label }) => label)).toEqual(['BĐ2']);
    expect(limitsOf([])).toEqual([]);
  });

  it('makes room for the next limit and not for all', () => {
    const limits = [588.5, 589.5, 700].map((at) => ({
      at,
      state: 'warning' as const,
      label: '',
      source: '',
      confirmed: true,
    }));
    const [low, high] = reachOf(586, 588.6, limits);
    expect(low).toBeLessThan(586);
    expect(high).toBeGreaterThan(589.5);
    expect(high).toBeLessThan(600);
    expect(reachOf(0, 0, [])[1]).toBeGreaterThan(0);
    expect(reachOf(null, null, [])).toEqual([0, 1]);
    expect(reachOf(5, 5, [])[0]).toBeGreaterThanOrEqual(0);
    // A centimetre of noise is not drawn as a flood.
    const [floor, ceiling] = reachOf(426.23, 426.26, []);
    expect(ceiling - floor).toBeCloseTo(0.2);
    expect([426.25, 426.255].map((value) => markOf(value, 0.005, 'vi'))).toEqual(['426,250', '426,255']);
    expect(markOf(15, 5, 'vi')).toBe('15');
    expect(markOf(22.5, 2.5, 'vi')).toBe('22,5');
    expect(markOf(168.75, 0.25, 'vi')).toBe('168,75');
  });

  it('says of each point where it came from, the newest first', () => {
    const lines = linesOf(
      series({
        t: [10, 20, 30],
        value: [1, null, 3],
        received: [11, null, 90],
        source: [0, -1, 1],
        sources: ['khóa trạm', ''],
        origin: [0, -1, 0],
        origins: ['real'],
        doubts: [{ t: 30, quality: ['rate', 'late'] }],
      }),
    );
    expect(lines.map(({ t, source, received, doubts }) => ({ t, source, received, doubts }))).toEqual([
      { t: 30, source: '', received: 90, doubts: ['rate', 'late'] },
      { t: 10, source: 'khóa trạm', received: 11, doubts: [] },
    ]);
  });
});

describe('the page', () => {
  let calls: { what: string; body: unknown }[] = [];
  let kept: object[] = [];
  const may = (): boolean => true;

  beforeEach(() => {
    calls = [];
    kept = [
      raw('nuoc-1'),
      raw('nuoc-2', { standing: 'proposed', proposal: { key: 'Trạm mới', refused: 12, at: null } }),
      raw('nuoc-3', { standing: 'proposed', proposal: { key: 'Trạm mới', refused: 0, at: null } }),
    ];
    vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
      calls.push({
        what: `${init.method ?? 'GET'} ${path}`,
        body: typeof init.body === 'string' ? JSON.parse(init.body) : null,
      });
      if (path.startsWith('/api/v1/sensor-kinds'))
        return Promise.resolve(
          new Response(JSON.stringify({ kinds: [{ code: 'river', name: 'Mực nước sông', unit: 'm' }] })),
        );
      if (path === '/api/v1/sensor-decisions') {
        kept = kept.slice(0, 1);
        return Promise.resolve(new Response(JSON.stringify({ decided: ['nuoc-2', 'nuoc-3'] })));
      }
      if (path.startsWith('/api/v1/sensor-imports'))
        return Promise.resolve(
          new Response(
            JSON.stringify({
              lines: 3,
              accepted: 2,
              known: 1,
              refused: [{ line: 4, column: 'Loại', detail: 'Không có loại cảm biến này' }],
              ignored_columns: [],
            }),
          ),
        );
      return Promise.resolve(new Response(JSON.stringify({ sensors: kept })));
    });
  });
  afterEach(() => {
    cleanup();
    vi.unstubAllGlobals();
  });
  const made = (what: string): unknown => calls.find((each) => each.what === what)?.body;

  it('lists those in use and narrows them as one types', async () => {
    render(SensorsPage, { Chip, desk, formats, zone, hash: '#cam-bien', may });
    await screen.findByRole('link', { name: 'Trạm nuoc-1' });
    expect(screen.queryByText('Trạm nuoc-2')).toBeNull();
    const field = screen.getByLabelText<HTMLInputElement>(/Tìm theo tên/);
    field.value = 'khong co';
    field.dispatchEvent(new Event('input', { bubbles: true }));
    await waitFor(() => {
      expect(screen.queryByText('Trạm nuoc-1')).toBeNull();
    });
    expect(screen.getByText('0 trong 3 cảm biến')).toBeTruthy();
  });

  it('shows who proposes what and whether it sends, and refuses only with a reason', async () => {
    render(SensorsPage, { Chip, desk, formats, zone, hash: '#cam-bien/~duyet', may });
    await screen.findByText('Đang gửi số đo: 12 lần bị từ chối');
    screen.getByRole('button', { name: 'Chọn tất cả' }).click();
    await tick();
    screen.getByRole('button', { name: 'Từ chối (2)' }).click();
    const why = await screen.findByLabelText<HTMLInputElement>('Lý do từ chối');
    expect(why.required).toBe(true);
    screen.getByRole('button', { name: 'Duyệt (2)' }).click();
    await screen.findByText('Đã duyệt 2 cảm biến.');
    expect(made('POST /api/v1/sensor-decisions')).toEqual({
      codes: ['nuoc-2', 'nuoc-3'],
      decision: 'approve',
      why: '',
    });
    await screen.findByText('Không có đề nghị nào chờ duyệt.');
  });

  it('tries a table before it takes the good lines', async () => {
    render(SensorsPage, { Chip, desk, formats, zone, hash: '#cam-bien/~bang', may });
    const picker = await screen.findByLabelText<HTMLInputElement>(/CSV/i);
    Object.defineProperty(picker, 'files', { value: [new File(['code\n'], 'tram.csv')], configurable: true });
    picker.dispatchEvent(new Event('change', { bubbles: true }));
    await screen.findByText('Không có loại cảm biến này');
    expect(calls.some(({ what }) => what === 'POST /api/v1/sensor-imports?dry_run=true')).toBe(true);
    expect(calls.some(({ what }) => what === 'POST /api/v1/sensor-imports?skip_bad=true')).toBe(false);
    screen.getByRole('button', { name: 'Chỉ nhận 2 dòng tốt' }).click();
    await screen.findByText('Đã nhận 2 cảm biến, trong đó 1 đã có và được ghi đè.');
    expect(calls.some(({ what }) => what === 'POST /api/v1/sensor-imports?skip_bad=true')).toBe(true);
  });
});
