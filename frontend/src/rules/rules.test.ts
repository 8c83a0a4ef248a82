import { describe, expect, it } from 'vitest';
import { freshness, sensorLimits, worseOf } from './age';
import { countOpen, stepLabels, stepOf } from './choropleth';
import { topNotices, type Notice } from './notices';
import { Places, type Area } from './places';
import { dueState, stateOf } from './priority';

describe('freshness', () => {
  const limits = sensorLimits(60);

  it.each([
    [60_000, 'fresh'],
    [60_001, 'stale'],
    [600_000, 'stale'],
    [600_001, 'unknown'],
    [-5000, 'fresh'],
  ] as const)('of a value %i ms old is %s', (age, want) => {
    expect(freshness(0, age, limits)).toBe(want);
  });

  it('of a value without a time is unknown', () => {
    expect(freshness(null, 0, limits)).toBe('unknown');
    expect(worseOf('stale', 'unknown')).toBe('unknown');
  });
});

describe('the colour of a commune', () => {
  it.each([
    [0, 0],
    [1, 1],
    [2, 1],
    [3, 2],
    [6, 3],
    [10, 3],
    [11, 4],
    [999, 4],
  ])('with %i open reports is step %i', (count, step) => {
    expect(stepOf(count)).toBe(step);
  });

  it('has a key that says the same', () => {
    expect(stepLabels()).toEqual(['0', '1–2', '3–5', '6–10', '≥ 11']);
  });

  it('counts open reports only', () => {
    const counts = countOpen([
      { open: true, area: 'a' },
      { open: false, area: 'a' },
      { open: true, area: 'b' },
      { open: true, area: 'a' },
    ]);
    expect(Object.fromEntries(counts)).toEqual({ a: 2, b: 1 });
  });
});

describe('the foot of the wall', () => {
  const notice = (id: string, state: Notice['state'], at: number, kind: Notice['kind'] = 'report'): Notice => ({
    id,
    kind,
    state,
    at,
    text: '',
    place: '',
    spot: '',
    briefText: '',
    alarm: null,
  });
  const shown = (most: number, ...all: Notice[]): string[] => topNotices(all, most).map(({ id }) => id);

  it('shows the newest alarm first, then the worst, the newest of a state first', () => {
    const all = [
      notice('new', 'normal', 9),
      notice('old', 'critical', 1),
      notice('alarm', 'critical', 5),
      notice('warn', 'warning', 8),
    ];
    expect(shown(3, ...all)).toEqual(['warn', 'alarm', 'old']);
  });

  it('lets the gauges of a storm not push out who calls for help', () => {
    const all = [
      notice('rain 1', 'critical', 9, 'sensor'),
      notice('rain 2', 'critical', 8, 'sensor'),
      notice('house', 'critical', 2),
      notice('tree', 'warning', 7),
    ];
    expect(shown(2, ...all)).toEqual(['rain 1', 'house']);
    expect(shown(2, notice('call', 'critical', 10), ...all)).toEqual(['call', 'rain 1']);
  });
});

describe('places', () => {
  const area = (code: string, parent: string, level: Area['level'], kind: string, name: string): Area => ({
    code,
    parent,
    level,
    kind,
    name,
  });
  const places = new Places([
    area('67', '', 'province', 'Tỉnh', 'Đắk Nông'),
    area('661', '67', 'district', 'Huyện', 'Đắk Glong'),
    area('662', '67', 'district', 'Huyện', 'Cư Jút'),
    area('24619', '661', 'commune', 'Xã', 'Quảng Sơn'),
  ]);

  it('are named from the smallest up, without the root', () => {
    expect(places.full(['67', '661', '24619'])).toBe('xã Quảng Sơn, huyện Đắk Glong');
    expect(places.full(['67', '24619'])).toBe('xã Quảng Sơn');
    expect(places.short(['67', '661', '24619'])).toBe('xã Quảng Sơn, Đắk Glong');
    expect(places.short(['67', '24619'])).toBe('xã Quảng Sơn');
    expect(places.full(['67'])).toBe('tỉnh Đắk Nông');
  });

  it('stand in Vietnamese order', () => {
    expect(places.children('67').map(({ name }) => name)).toEqual(['Cư Jút', 'Đắk Glong']);
    expect(places.below('67').map(({ code }) => code)).toEqual(['662', '661', '24619']);
  });

  it('that are unknown keep their code', () => {
    expect(places.named('99')).toBe('99');
  });
});

describe('a report', () => {
  it('is as urgent as its flag or its priority', () => {
    expect(stateOf({ emergency: true, priority: 'thap' })).toBe('critical');
    expect(stateOf({ emergency: false, priority: 'khan_cap' })).toBe('critical');
    expect(stateOf({ emergency: false, priority: 'cao' })).toBe('warning');
    expect(stateOf({ emergency: false, priority: 'thap' })).toBe('normal');
  });

  it('is overdue only after its deadline', () => {
    const hour = 3_600_000;
    expect(dueState(null, 0)).toBe('none');
    expect(dueState(3 * hour, 0)).toBe('in_time');
    expect(dueState(hour, 0)).toBe('soon');
    expect(dueState(0, 0)).toBe('soon');
    expect(dueState(0, 1)).toBe('overdue');
  });
});
