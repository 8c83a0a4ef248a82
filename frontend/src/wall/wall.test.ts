import { describe, expect, it, vi } from 'vitest';
import { createFormats } from '../i18n/format';
import type { Link } from '../live/link';
import type { HeldLevel } from '../live/situation';
import { Places } from '../rules/places';
import { Slots } from '../rules/slots';
import type { Shown } from '../rules/state';
import type { TileView } from '../ui/tileView';
import { parseAlarm, type Alarm } from '../wire/alarm';
import type { JsonObject } from '../wire/json';
import { parseSensor, type SensorLevel } from '../wire/level';
import { parseWallReport, type WallReport } from '../wire/report';
import { areaTable, countCommunes, listedAreas, rowsOf, type AreaRow, type AreaTable } from './areaRows';
import { mapPicture, notices, origins, sensorState, type Ground } from './picture';
import { levelFreshness, tiles } from './tiles';

const now = Date.UTC(2026, 10, 23, 2);
const formats = createFormats('Asia/Ho_Chi_Minh');
const live: Link = { phase: 'live', cause: 'none', dataAt: now, transport: 'websocket', offsetMs: 0 };
const iso = (ms: number): string => new Date(ms).toISOString();

function tile(
  key: string,
  data: JsonObject | null | undefined,
  more: { link?: Link; heardAt?: number; asOf?: number } = {},
): TileView {
  const held: HeldLevel | undefined =
    data === undefined
      ? undefined
      : {
          key,
          version: 1,
          at: now,
          data: data === null ? null : { as_of: iso(more.asOf ?? now), ...data },
          heardAt: more.heardAt ?? now,
        };
  const views = tiles({
    level: (wanted) => (wanted === key ? held : undefined),
    formats,
    now,
    link: more.link ?? live,
    placeName: (code) => `xã ${code}`,
    bareName: (code) => code,
  });
  const found = views.find((view) => view.key === key);
  if (found === undefined) throw new Error(`no tile ${key}`);
  return found;
}

describe('a tile', () => {
  it('without data shows neither 0 nor 100 %', () => {
    for (const data of [undefined, null, { value: null }]) {
      for (const key of ['kpi/open', 'kpi/overdue', 'kpi/received_24h', 'kpi/on_time_30d', 'kpi/rain_1h']) {
        expect(tile(key, data)).toMatchObject({ value: '?', state: 'unknown', freshness: 'unknown', word: 'Không rõ' });
      }
    }
    expect(tile('kpi/sources', { live: 0, total: 0 })).toMatchObject({ value: '?', compare: 'chưa đăng ký nguồn nào' });
  });

  it('compares with the day before', () => {
    expect(tile('kpi/open', { value: 1280, day_ago: 1268 })).toMatchObject({
      value: '1.280',
      compare: '+12 so với 24 giờ trước',
    });
    expect(tile('kpi/open', { value: 3, day_ago: null }).compare).toBe('chưa có số để so sánh');
  });

  it('calls what is late overdue and never an emergency', () => {
    expect(tile('kpi/overdue', { value: 7, oldest_hours: 52.5 })).toMatchObject({
      state: 'warning',
      word: 'Quá hạn',
      compare: 'lâu nhất 2 ngày 4 giờ',
    });
    expect(tile('kpi/overdue', { value: 0, oldest_hours: null })).toMatchObject({ value: '0', state: 'normal' });
  });

  it('names its target', () => {
    expect(tile('kpi/on_time_30d', { value: 96.4, met: 210, due: 218, target: 95 })).toMatchObject({
      value: '96,4',
      unit: '%',
      state: 'normal',
      compare: '210/218 · mục tiêu 95 %',
    });
    expect(tile('kpi/on_time_30d', { value: 94.9, met: 1, due: 2, target: 95 }).state).toBe('attention');
  });

  it('says how many sources are silent', () => {
    expect(tile('kpi/sources', { live: 42, total: 43 })).toMatchObject({
      value: '42/43',
      state: 'attention',
      compare: '1 im lặng',
    });
    expect(tile('kpi/sources', { live: 20, total: 43 }).state).toBe('warning');
  });

  it('shows rain with its place and the time it was measured', () => {
    const at = now - 10 * 60_000;
    const data = { value: 12.44, unit: 'mm', area: '24611', at: iso(at), state: 'critical' };
    expect(tile('kpi/rain_1h', data)).toMatchObject({
      value: '12,4',
      state: 'critical',
      compare: '24611',
      age: 'lúc 08:50',
    });
    expect(tile('kpi/rain_1h', { ...data, at: iso(now - 3_600_000) })).toMatchObject({
      freshness: 'stale',
      age: 'đã 1 giờ',
    });
  });

  it('is stale when its key fell silent or its sum is old, unknown when for long', () => {
    expect(tile('kpi/open', { value: 1 }, { heardAt: now - 13_000 }).freshness).toBe('stale');
    expect(tile('kpi/open', { value: 1 }, { heardAt: now - 61_000 })).toMatchObject({
      freshness: 'unknown',
      value: '?',
    });
    expect(tile('kpi/open', { value: 1 }, { asOf: now - 200_000 }).freshness).toBe('stale');
  });

  it.each([
    ['fresh', now, now, live, 'fresh'],
    ['silent beside others that speak', now - 13_000, now, live, 'stale'],
    ['repeated but summed no more', now, now - 200_000, live, 'stale'],
    ['silent for a minute', now - 61_000, now, live, 'unknown'],
    ['behind a dead link', now, now, { ...live, phase: 'stale', cause: 'link' }, 'stale'],
  ] as [string, number, number, Link, string][])('a level that is %s', (_, heardAt, asOf, link, want) => {
    const level: HeldLevel = { key: 'kpi/areas', version: 1, at: now, heardAt, data: { as_of: iso(asOf) } };
    expect(levelFreshness(level, { link, now })).toBe(want);
  });

  it('keeps its number and says its age when the link is dead', () => {
    const link: Link = { ...live, phase: 'stale', cause: 'link', dataAt: now - 95_000 };
    expect(tile('kpi/open', { value: 128 }, { link })).toMatchObject({
      value: '128',
      freshness: 'stale',
      word: 'Số liệu cũ',
      age: 'đã 1 phút',
    });
  });
});

describe('the list of areas', () => {
  const rows = (...states: (readonly [string, Shown])[]): AreaRow[] =>
    states.map(([code, state]) => ({ code, name: code, open: 1, overdue: 0, state }));
  const codes = ({ rows: shown }: AreaTable): (string | undefined)[] => shown.map((row) => row?.code);

  it('shows those in most need and counts the others', () => {
    const all = rows(['A', 'normal'], ['B', 'critical'], ['C', 'normal'], ['D', 'warning'], ['E', 'unknown']);
    const table = areaTable(all, 2, new Slots());
    expect(codes(table)).toEqual(['B', 'D']);
    expect(table.rest).toEqual({ count: 3, normal: 2, unknown: 1 });
  });

  it('moves no row when numbers change: a newcomer takes the row of one that left', () => {
    const slots = new Slots();
    areaTable(rows(['A', 'critical'], ['B', 'warning'], ['C', 'attention'], ['D', 'normal']), 3, slots);
    const table = areaTable(rows(['A', 'attention'], ['B', 'normal'], ['C', 'critical'], ['D', 'warning']), 3, slots);
    expect(codes(table)).toEqual(['A', 'D', 'C']);
  });

  it('knows what it does not know', () => {
    expect(rowsOf([{ code: 'A', name: 'A' }], null)[0]).toMatchObject({ open: null, state: 'unknown' });
  });

  it('is of the communes while all their reports are known, else of the districts', () => {
    const places = new Places([
      { code: '67', parent: '', level: 'province', kind: '', name: 'P' },
      { code: 'd', parent: '67', level: 'district', kind: 'Huyện', name: 'D' },
      { code: 'x', parent: 'd', level: 'commune', kind: 'Xã', name: 'X' },
    ]);
    const listed = (root: string, complete: boolean) => listedAreas(places, root, complete).map(({ code }) => code);
    expect(listed('67', true)).toEqual(['x']);
    expect(listed('67', false)).toEqual(['d']);
    expect(listed('d', true)).toEqual(['x']);
    expect(listed('x', true)).toEqual([]);
  });

  it('counts communes by the rule of the server', () => {
    const report = (dueAt: number | null, state: WallReport['state'] = 'normal') =>
      ({ open: true, area: 'x', dueAt, state }) as WallReport;
    const stateOf = (...list: WallReport[]) => countCommunes(list, ['x'], now)[0];
    expect(stateOf()).toEqual({ area: 'x', open: 0, overdue: 0, state: 'normal' });
    expect(stateOf(report(now - 1))).toMatchObject({ overdue: 1, state: 'attention' });
    expect(stateOf(report(now - 1), report(now - 1), report(now - 1))).toMatchObject({ state: 'warning' });
    expect(stateOf(report(null, 'warning'))).toMatchObject({ state: 'attention' });
    expect(stateOf(report(null, 'critical'))).toMatchObject({ state: 'critical' });
    expect(stateOf({ ...report(now - 1, 'critical'), open: false })).toMatchObject({ open: 0, state: 'normal' });
  });
});

describe('what the wall draws', () => {
  const raw = {
    id: 'a',
    version: 1,
    status: 'moi',
    received_at: iso(now),
    open: true,
    lat: 12,
    lon: 107,
    area: 'c',
    path: ['67', 'c'],
    origin: 'real',
    state: 'warning',
    summary: 'S',
  };
  const report = (more: JsonObject) => {
    const parsed = parseWallReport({ ...raw, ...more });
    if (parsed === null) throw new Error('unreadable');
    return parsed;
  };
  const sensor = (more: JsonObject) => {
    const data = {
      value: 2,
      at: iso(now),
      unit: 'mm',
      name: 'Trạm',
      lat: 1,
      lon: 2,
      state: 'warning',
      stale_after_s: 60,
      limit: 'BĐ1',
      ...more,
    };
    const parsed = parseSensor('sensor/x', data);
    if (parsed === null) throw new Error('unreadable');
    return parsed;
  };

  const foot = { now, places: new Places([]), formats, most: 2 };

  const alarm = (more: object): Alarm => {
    const data = { id: 'a', version: 1, state: 'unacked', priority: 'high', raised_at: iso(now - 60_000), ...more };
    const parsed = parseAlarm(data);
    if (parsed === null) throw new Error('unreadable');
    return parsed;
  };

  const shown = (
    reports: WallReport[],
    sensors: SensorLevel[],
    alarms: Alarm[] = [],
    silent: readonly string[] = [],
  ): Ground => ({ reports, sensors, alarms, silent });

  it('is every open report with a place, and every sensor', () => {
    const picture = mapPicture(
      shown([report({}), report({ id: 'b', open: false }), report({ id: 'c', lat: null })], [sensor({})]),
      now,
    );
    expect(picture.marks.map(({ id, state }) => [id, state])).toEqual([
      ['a', 'warning'],
      ['sensor/x', 'warning'],
    ]);
    expect(picture.counts.get('c')).toBe(2);
  });

  it('says nothing about now from an old reading', () => {
    expect(sensorState(sensor({ at: iso(now - 61_000) }), now)).toBe('unknown');
    expect(sensorState(sensor({ value: null }), now)).toBe('unknown');
    expect(notices(shown([], [sensor({ at: iso(now - 61_000) })]), foot)).toEqual([]);
  });

  it('has a mark of its own for every alarm that is not set aside, and marks a silent sensor as one', () => {
    const at = { lat: 3, lon: 4 };
    const alarms = [
      alarm({ ...at }),
      alarm({ ...at, id: 'b', priority: 'low', state: 'cleared' }),
      alarm({ ...at, id: 'c', aside: 'shelved' }),
      alarm({ ...at, id: 'd', priority: 'journal' }),
      alarm({ id: 'e' }),
    ];
    const picture = mapPicture(shown([], [sensor({})], alarms, ['x']), now);
    expect(picture.marks.map(({ id, state }) => [id, state])).toEqual([
      ['sensor/x', 'unknown'],
      ['alarm/a', 'critical'],
      ['alarm/b', 'attention'],
    ]);
  });

  it('lets an alarm speak for its sensor at the foot, dated by when it was raised and not by the last reading', () => {
    const raised = alarm({ target: 'x', target_name: 'Trạm', value: 2, unit: 'mm', limit: 'BĐ1', label: 'Mưa' });
    expect(notices(shown([], [sensor({})], [raised]), foot)).toMatchObject([
      { id: 'alarm/a', at: now - 60_000, place: 'Trạm', text: 'Mưa: 2 mm (ngưỡng BĐ1)', state: 'critical' },
    ]);
  });

  it('puts what nobody has taken before its like, though it is older', () => {
    const taken = { id: 'b', state: 'acked', acked_at: iso(now) };
    const rows = [
      alarm({ ...taken }),
      alarm({ ...taken, id: 'c', priority: 'medium', raised_at: iso(now) }),
      alarm({}),
    ];
    expect(notices(shown([], [], rows), foot).map(({ id }) => id)).toEqual(['alarm/c', 'alarm/a']);
  });

  it('puts a sensor beyond a threshold at the foot, with its value', () => {
    const [notice] = notices(shown([], [sensor({})]), foot);
    expect(notice).toMatchObject({ place: 'Trạm', text: '2 mm – ngưỡng BĐ1' });
  });

  it('tells a far wall the place first, and what was measured in a word', () => {
    const places = new Places([{ code: '24643', parent: '', name: 'Đắk Wil', level: 'commune', kind: 'xã' } as never]);
    const of = (more: object): unknown =>
      notices(shown([], [sensor({ area: '24643', ...more })]), { ...foot, places })[0];
    expect(of({ kind: 'fire', limit: 'cấp IV' })).toMatchObject({ spot: 'Đắk Wil', briefText: 'cháy rừng cấp IV' });
    expect(of({ kind: 'river' })).toMatchObject({ spot: 'Đắk Wil', briefText: 'nước sông 2 mm – ngưỡng BĐ1' });
    expect(of({ kind: 'slope' })).toMatchObject({ spot: 'Trạm', briefText: '2 mm – ngưỡng BĐ1' });
  });

  it('has the newest alarm and then the worst at the foot, and looks up no place but theirs', () => {
    const places = new Places([]);
    const named = vi.spyOn(places, 'short');
    const reports = Array.from({ length: 500 }, (_, i) =>
      report({
        id: `r${String(i)}`,
        state: i === 100 ? 'critical' : 'normal',
        received_at: iso(now - 500_000 + i * 1000),
      }),
    );
    const lines = notices(shown(reports, [sensor({ at: iso(now - 1000) })]), { ...foot, places });
    expect(lines.map(({ id }) => id)).toEqual(['sensor/x', 'r100']);
    expect(named).toHaveBeenCalledTimes(2);
  });

  it('says so when anything is not real', () => {
    const level = (origin: string): HeldLevel => ({ key: 'kpi/open', version: 1, at: 0, heardAt: 0, data: { origin } });
    expect(origins('real', [report({})], [level('real')])).toEqual([]);
    expect(origins('real', [report({ origin: 'drill' })], [level('simulated')])).toEqual(['drill', 'simulated']);
  });
});
