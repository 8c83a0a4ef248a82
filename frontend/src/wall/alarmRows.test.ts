import { describe, expect, it } from 'vitest';
import { Slots } from '../rules/slots';
import { parseAlarm, parseGroups, parseSummary, type Alarm } from '../wire/alarm';
import { alarmTable, type AlarmTable } from './alarmRows';

const alarm = (id: string, more: object = {}): Alarm => {
  const raw = { id, version: 1, state: 'unacked', priority: 'medium', raised_at: '2026-11-23T02:00:00Z', ...more };
  const parsed = parseAlarm(raw);
  if (parsed === null) throw new Error('unreadable');
  return parsed;
};
const high = (id: string, more: object = {}): Alarm => alarm(id, { priority: 'high', ...more });
const keys = ({ rows }: AlarmTable): (string | null)[] => rows.map((row) => row?.key ?? null);
const calm = { truncated: 0, summary: null, groups: null };

describe('the alarm list of a wall', () => {
  it('is ordered by priority, then what nobody took, then the newest; what is set aside or a journal is not in it', () => {
    const alarms = [
      alarm('low', { priority: 'low' }),
      high('taken', { state: 'acked' }),
      alarm('shelved', { aside: 'shelved' }),
      alarm('journal', { priority: 'journal' }),
      high('old'),
      high('new', { raised_at: '2026-11-23T02:05:00Z' }),
    ];
    const table = alarmTable({ ...calm, alarms }, 5, new Slots());
    expect(keys(table)).toEqual(['new', 'old', 'taken', 'low', null]);
    expect(table).toMatchObject({ open: 4, unacked: 3, rest: 0 });
  });

  it('never moves a row: a newcomer takes one that is free, a high one the row of the least', () => {
    const slots = new Slots();
    alarmTable({ ...calm, alarms: [high('a'), alarm('b'), alarm('c', { priority: 'low' })] }, 3, slots);
    const next = alarmTable(
      { ...calm, alarms: [high('z'), high('a'), alarm('b'), alarm('c', { priority: 'low' })] },
      3,
      slots,
    );
    expect(keys(next)).toEqual(['a', 'b', 'z']);
    expect(next.rest).toBe(1);
    expect(keys(alarmTable({ ...calm, alarms: [high('z'), alarm('b')] }, 3, slots))).toEqual([null, 'b', 'z']);
  });

  it('tells groups during a flood and keeps the high ones single, before everything', () => {
    const alarms = [
      high('h1'),
      high('h2', { state: 'acked' }),
      ...Array.from({ length: 900 }, (_, i) => alarm(`m${String(i)}`)),
    ];
    const group = { area: '24611', kind: 'river', label: 'Mực nước', priority: 'medium', unacked: 880 };
    const groups = parseGroups({
      groups: [{ ...group, key: 'g1', count: 880 }, { ...group, key: 'g2', count: 20 }, { count: 1 }],
    });
    const summary = parseSummary({ flood: true, flood_since: '2026-11-23T02:01:00Z', shelved: 4 });
    const table = alarmTable({ alarms, groups, summary, truncated: 100 }, 3, new Slots());
    expect(keys(table)).toEqual(['h1', 'h2', 'g1']);
    expect(table).toMatchObject({
      open: 1002,
      shelved: 4,
      rest: 120,
      restHigh: 0,
      floodSince: Date.UTC(2026, 10, 23, 2, 1),
    });
  });

  it('counts the high ones that have no row apart', () => {
    const alarms = Array.from({ length: 7 }, (_, i) => high(String(i)));
    expect(alarmTable({ ...calm, alarms }, 5, new Slots())).toMatchObject({ rest: 2, restHigh: 2 });
  });
});
