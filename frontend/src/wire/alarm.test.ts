import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseAlarm, parseGroups, parseIncident, parseSummary } from './alarm';
import { parseFrame } from './parse';

const golden = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../schema/testdata/frames/${name}.json`, import.meta.url)), 'utf8');

describe('an alarm, as the server writes it', () => {
  it('is read whole', () => {
    const frame = parseFrame(golden('event-alarm'));
    if (frame?.type !== 'event' || frame.data === null) throw new Error('no event');
    expect(frame.kind).toBe('alarm');
    expect(parseAlarm(frame.data)).toMatchObject({
      id: frame.id,
      version: frame.version,
      name: 'Mực nước sông Đắk Nông – trạm Đắk Nông (mẫu)',
      priority: 'high',
      state: 'acked',
      value: 589.61,
      knownAt: Date.UTC(2026, 10, 23, 2, 1, 6),
      ackedBy: 'Nguyễn Văn An',
      responseMinutes: 10,
      callout: { state: 'taken', to: 'truong_ca', result: 'delivered' },
    });
  });

  it('comes counted, and in groups during a flood', () => {
    const frame = parseFrame(golden('level-alarms'));
    if (frame?.type !== 'level') throw new Error('no level');
    const of = (key: string) => frame.items.find((item) => item.key === key)?.data ?? {};
    expect(parseSummary(of('alarms/summary'))).toMatchObject({
      medium: { unacked: 9, acked: 2, cleared: 1 },
      shelved: 1,
      flood: true,
      floodSince: Date.UTC(2026, 10, 23, 2, 2, 40),
      silent: 1,
      silentSensors: ['mua-24616'],
    });
    expect(parseGroups(of('alarms/groups'))).toMatchObject([{ area: '661', kind: 'rain', count: 12, unacked: 9 }]);
  });

  const raw = { id: 'a', version: 1, state: 'unacked', priority: 'high', raised_at: '2026-11-23T02:00:00Z' };

  it.each([
    ['an id', { id: '' }],
    ['a version', { version: 'x' }],
    ['a state that is known', { state: 'melting' }],
    ['a time', { raised_at: 'yesterday' }],
  ])('is unreadable without %s', (_, more) => {
    expect(parseAlarm({ ...raw, ...more })).toBeNull();
  });

  it('of a priority from the future is as loud as can be, and of an unknown aside not hidden', () => {
    expect(parseAlarm({ ...raw, priority: 'cosmic', aside: 'buried' })).toMatchObject({ priority: 'high', aside: '' });
    expect(parseAlarm(raw)).toMatchObject({ callout: null, count: 1, members: [], origin: 'simulated' });
  });
});

describe('an incident', () => {
  it('is read, and refused without what nobody can do without', () => {
    const raw = { id: 'i', version: 2, state: 'open', title: 'Lũ', alarms: ['a', 1], tasks: { open: 3 } };
    expect(parseIncident(raw)).toMatchObject({
      title: 'Lũ',
      alarms: ['a'],
      tasks: { open: 3, done: 0 },
      openedAt: null,
    });
    expect(parseIncident({ ...raw, state: 'dreamt' })).toBeNull();
  });
});
