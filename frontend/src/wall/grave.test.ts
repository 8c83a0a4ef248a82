import { describe, expect, it } from 'vitest';
import { parseAlarm, parseIncident } from '../wire/alarm';
import type { JsonObject } from '../wire/json';
import { parseSensor } from '../wire/level';
import { parseWallReport } from '../wire/report';
import { isGrave } from './grave';

const now = Date.UTC(2026, 10, 23, 2);
const iso = (ms: number): string => new Date(ms).toISOString();

const report = (more: JsonObject) => {
  const raw = { id: 'a', version: 1, status: 'moi', received_at: iso(now), open: true, state: 'normal', ...more };
  const parsed = parseWallReport(raw);
  if (parsed === null) throw new Error('unreadable');
  return parsed;
};

const sensor = (more: JsonObject) => {
  const raw = { value: 2, at: iso(now), unit: 'mm', name: 'Trạm', state: 'normal', stale_after_s: 60, ...more };
  const parsed = parseSensor('sensor/x', raw);
  if (parsed === null) throw new Error('unreadable');
  return parsed;
};

describe('grave', () => {
  it.each([
    ['nothing at all', [], [], 'ngay-thuong', false],
    ['an ordinary report', [report({})], [], 'ngay-thuong', false],
    ['a report worth a look', [report({ state: 'attention' })], [], 'ngay-thuong', false],
    ['a report of high priority', [report({}), report({ state: 'warning' })], [], 'ngay-thuong', true],
    ['an emergency', [report({ state: 'critical' })], [], 'ngay-thuong', true],
    ['an emergency that is over', [report({ state: 'critical', open: false })], [], 'ngay-thuong', false],
    ['a sensor worth a look', [], [sensor({ state: 'attention' })], 'ngay-thuong', false],
    ['a sensor beyond a warning', [], [sensor({ state: 'warning' })], 'ngay-thuong', true],
    [
      'an old reading beyond an alarm',
      [],
      [sensor({ state: 'critical', at: iso(now - 61_000) })],
      'ngay-thuong',
      false,
    ],
    ['the storm scene', [], [], 'mua-bao', true],
  ] as const)('%s', (_, reports, sensors, scene, want) => {
    expect(isGrave({ reports, sensors, alarms: [], incidents: [] }, { now, scene })).toBe(want);
  });

  const alarm = (more: JsonObject) => {
    const parsed = parseAlarm({
      id: 'a',
      version: 1,
      state: 'unacked',
      priority: 'high',
      raised_at: iso(now),
      ...more,
    });
    if (parsed === null) throw new Error('unreadable');
    return parsed;
  };

  it.each([
    ['a high alarm, taken or not', [alarm({}), alarm({ state: 'acked' })], true],
    ['a high alarm that is over, or set aside', [alarm({ state: 'cleared' }), alarm({ aside: 'shelved' })], false],
    ['a lesser alarm', [alarm({ priority: 'medium' })], false],
  ] as const)('%s', (_, alarms, want) => {
    for (const one of alarms)
      expect(isGrave({ reports: [], sensors: [], alarms: [one], incidents: [] }, { now, scene: 'ngay-thuong' })).toBe(
        want,
      );
  });

  it('an incident that is open, and not one that is only proposed', () => {
    const of = (state: string): boolean => {
      const incident = parseIncident({ id: 'i', version: 1, state });
      const incidents = incident === null ? [] : [incident];
      return isGrave({ reports: [], sensors: [], alarms: [], incidents }, { now, scene: 'ngay-thuong' });
    };
    expect([of('open'), of('proposed')]).toEqual([true, false]);
  });
});
