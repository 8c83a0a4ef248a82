import { describe, expect, it } from 'vitest';
import type { EventFrame, LevelFrame, SnapshotFrame } from '../wire/frame';
import { asCount, asText } from '../wire/json';
import { Situation } from './situation';

interface Thing {
  id: string;
  version: number;
  open: boolean;
}

const make = (): Situation<Thing> =>
  new Situation<Thing>({
    parse: (raw) => {
      const version = asCount(raw['version']);
      return version === null ? null : { id: asText(raw['id']), version, open: raw['open'] !== false };
    },
    closed: (thing) => !thing.open,
  });

const topic = 'wall/d/1';

function snapshot(
  seq: number,
  reports: { id: string; version: number }[],
  more: Partial<SnapshotFrame> = {},
): SnapshotFrame {
  return {
    type: 'snapshot',
    topic,
    epoch: 'e1',
    seq,
    at: 0,
    reports: reports.map((r) => ({ ...r })),
    truncated: 0,
    alarms: [],
    alarmsTruncated: {},
    incidents: [],
    screen: null,
    ...more,
  };
}

function event(id: string, version: number, more: Partial<EventFrame> = {}): EventFrame {
  return { type: 'event', topic, seq: 1, kind: 'report', id, version, at: 0, data: { id, version }, ...more };
}

const gone = (id: string, version: number): EventFrame => event(id, version, { kind: 'gone', data: null });

function level(key: string, version: number, value: number): LevelFrame {
  return { type: 'level', topic, items: [{ key, version, at: 0, data: { value } }] };
}

const versions = (s: Situation<Thing>): Record<string, number> =>
  Object.fromEntries(s.reports().map(({ id, version }) => [id, version]));

describe('a situation', () => {
  it('holds what a snapshot says and nothing else', () => {
    const s = make();
    s.apply(
      snapshot(1, [
        { id: 'a', version: 1 },
        { id: 'b', version: 2 },
      ]),
      0,
    );
    s.apply(snapshot(9, [{ id: 'b', version: 3 }]), 0);
    expect(versions(s)).toEqual({ b: 3 });
  });

  it.each([
    ['in order', [1, 2, 3]],
    ['backwards', [3, 2, 1]],
    ['doubled', [1, 3, 3, 1, 2]],
  ])('ends with the newest version when events come %s', (_, order) => {
    const s = make();
    for (const version of order) s.apply(event('a', version), 0);
    expect(versions(s)).toEqual({ a: 3 });
  });

  it('says whether anything changed', () => {
    const s = make();
    expect(s.apply(event('a', 2), 0)).toBe(true);
    expect(s.apply(event('a', 2), 0)).toBe(false);
    expect(s.apply(gone('a', 2), 0)).toBe(true);
    expect(s.apply(gone('a', 2), 0)).toBe(false);
  });

  it('drops what is gone and lets no late event bring it back', () => {
    const s = make();
    s.apply(event('a', 2), 0);
    s.apply(gone('a', 3), 0);
    s.apply(event('a', 3), 0);
    s.apply(snapshot(5, [{ id: 'a', version: 2 }]), 0);
    expect(versions(s)).toEqual({});
    s.apply(event('a', 4), 0);
    expect(versions(s)).toEqual({ a: 4 });
  });

  it('keeps a newer version than the one that is gone', () => {
    const s = make();
    s.apply(event('a', 5), 0);
    s.apply(gone('a', 4), 0);
    expect(versions(s)).toEqual({ a: 5 });
  });

  it('does not go back when a kept snapshot is older than an event', () => {
    const s = make();
    s.apply(event('a', 5), 0);
    s.apply(snapshot(1, [{ id: 'a', version: 4 }]), 0);
    expect(versions(s)).toEqual({ a: 5 });
  });

  it('forgets everything when the database is another one', () => {
    const s = make();
    s.apply(snapshot(1, [{ id: 'a', version: 9 }]), 0);
    s.apply(level('kpi/open', 9, 9), 0);
    s.apply(snapshot(1, [{ id: 'a', version: 1 }], { epoch: 'e2' }), 0);
    expect(versions(s)).toEqual({ a: 1 });
    expect(s.level(topic, 'kpi/open')).toBeUndefined();
  });

  it('keeps the picture of a topic until the snapshot of the other database is there for it', () => {
    const s = make();
    const other = 'wall/d/2';
    s.apply(snapshot(1, [{ id: 'a', version: 9 }]), 0);
    s.apply(snapshot(1, [{ id: 'b', version: 9 }], { topic: other }), 0);
    s.apply(level('kpi/open', 9, 9), 0);
    s.apply(snapshot(1, [{ id: 'c', version: 1 }], { topic: other, epoch: 'e2' }), 0);
    expect(versions(s)).toEqual({ a: 9, c: 1 });
    expect(s.level(topic, 'kpi/open')).toBeDefined();
    s.apply(snapshot(1, [{ id: 'd', version: 1 }], { epoch: 'e2' }), 0);
    expect(versions(s)).toEqual({ c: 1, d: 1 });
  });

  it('keeps the newest version of a level and when it was heard', () => {
    const s = make();
    s.apply(level('kpi/open', 2, 20), 100);
    s.apply(level('kpi/open', 1, 10), 200);
    expect(s.level(topic, 'kpi/open')).toMatchObject({ version: 2, data: { value: 20 }, heardAt: 100 });
    s.apply(level('kpi/open', 2, 20), 300);
    expect(s.level(topic, 'kpi/open')?.heardAt).toBe(300);
  });

  it('keeps the levels of two topics apart and the newest of a report in both', () => {
    const s = make();
    const other = 'wall/d/2';
    s.apply(level('kpi/open', 2, 20), 0);
    s.apply({ ...level('kpi/open', 1, 10), topic: other }, 0);
    expect(s.level(other, 'kpi/open')?.data).toEqual({ value: 10 });
    s.apply(event('a', 1), 0);
    s.apply(event('a', 2, { topic: other }), 0);
    expect(versions(s)).toEqual({ a: 2 });
    s.apply({ ...gone('a', 2), topic: other }, 0);
    expect(versions(s)).toEqual({ a: 1 });
  });

  it('counts what it cannot read instead of failing', () => {
    const s = make();
    s.apply(event('a', 1, { data: { id: 'a' } }), 0);
    expect(s.unreadable).toBe(1);
    expect(versions(s)).toEqual({});
  });

  it('keeps only the newest of the closed, and every open one', () => {
    const s = make();
    s.apply(event('open', 1), 0);
    for (let i = 0; i < 1000; i++)
      s.apply(event(`c${String(i)}`, 1, { data: { id: `c${String(i)}`, version: 1, open: false } }), 0);
    const ids = s.reports().map(({ id }) => id);
    expect(ids.length).toBeLessThanOrEqual(401);
    expect(ids).toContain('open');
    expect(ids).toContain('c999');
  });
});

describe('the screen of a situation', () => {
  const mine = 'screen/tinh';
  const told = (version: number, scene: string): EventFrame =>
    event('tinh', version, { topic: mine, kind: 'screen', data: { id: 'tinh', version, scene } });
  const begun = (version: number, more: Partial<SnapshotFrame> = {}): SnapshotFrame =>
    snapshot(1, [], { topic: mine, screen: { id: 'tinh', version, scene: 'ngay-thuong' }, ...more });

  it('comes with the snapshot and changes with events', () => {
    const s = make();
    expect(s.screen(mine)).toBeUndefined();
    s.apply(begun(3), 0);
    expect(s.screen(mine)).toMatchObject({ version: 3, scene: 'ngay-thuong' });
    expect(s.apply(told(4, 'mua-bao'), 0)).toBe(true);
    expect(s.screen(mine)).toMatchObject({ version: 4, scene: 'mua-bao' });
  });

  it('goes back for no late, doubled or kept frame', () => {
    const s = make();
    s.apply(told(4, 'mua-bao'), 0);
    expect(s.apply(told(4, 'ngay-thuong'), 0)).toBe(false);
    expect(s.apply(told(3, 'ngay-thuong'), 0)).toBe(false);
    s.apply(begun(3), 0);
    expect(s.screen(mine)).toMatchObject({ version: 4, scene: 'mua-bao' });
  });

  it('of another database counts from the start', () => {
    const s = make();
    s.apply(begun(9), 0);
    s.apply(begun(1, { epoch: 'e2' }), 0);
    expect(s.screen(mine)?.version).toBe(1);
  });

  it('that is gone is no longer told anything, unless it was made again', () => {
    const s = make();
    s.apply(begun(3), 0);
    expect(s.apply(event('tinh', 4, { topic: mine, kind: 'gone', data: null }), 0)).toBe(true);
    s.apply(begun(3), 0);
    expect(s.screen(mine)).toBeUndefined();
    s.apply(told(5, 'mua-bao'), 0);
    expect(s.screen(mine)?.version).toBe(5);
  });

  it('is counted as unreadable, and the old one kept, when it cannot be read', () => {
    const s = make();
    s.apply(begun(3), 0);
    s.apply(event('tinh', 4, { topic: mine, kind: 'screen', data: { id: 'tinh' } }), 0);
    expect(s.unreadable).toBe(1);
    expect(s.screen(mine)?.version).toBe(3);
  });
});

describe('the alarms of a situation', () => {
  const raw = (id: string, version: number, state = 'unacked'): Record<string, unknown> => ({
    id,
    version,
    state,
    priority: 'high',
    raised_at: '2026-11-23T02:00:00Z',
  });
  const changed = (id: string, version: number, state?: string): EventFrame =>
    event(id, version, { kind: 'alarm', data: raw(id, version, state) });
  const held = (s: Situation<Thing>): string[] =>
    s.alarms().map(({ id, version, state }) => `${id}${String(version)} ${state}`);

  it('come with a snapshot and change with events; the newest version wins', () => {
    const s = make();
    s.apply(snapshot(1, [], { alarms: [raw('a', 3)], alarmsTruncated: { low: 7 } }), 0);
    expect(s.apply(changed('a', 2, 'acked'), 0)).toBe(false);
    expect(s.apply(changed('b', 1), 0)).toBe(true);
    s.apply(changed('a', 4, 'acked'), 0);
    expect(held(s)).toEqual(['b1 unacked', 'a4 acked']);
    expect([s.alarmsTruncated('low'), s.alarmsTruncated('high')]).toEqual([7, 0]);
    expect(s.reports()).toEqual([]);
  });

  it('leave when they are closed, and no late word brings them back', () => {
    const s = make();
    s.apply(changed('a', 1), 0);
    expect(s.apply(changed('a', 3, 'closed'), 0)).toBe(true);
    s.apply(changed('a', 2, 'acked'), 0);
    s.apply(snapshot(5, [], { alarms: [raw('a', 2)] }), 0);
    expect(held(s)).toEqual([]);
    s.apply(changed('b', 1), 0);
    expect(s.apply({ ...gone('b', 2) }, 0)).toBe(true);
    expect(held(s)).toEqual([]);
  });

  it('and incidents are put away and taken up again', () => {
    const s = make();
    s.apply(changed('a', 1), 0);
    s.apply(event('i', 1, { kind: 'incident', data: { id: 'i', version: 1, state: 'open', title: 'Lũ' } }), 0);
    const later = make();
    later.recall(s.keep());
    expect(held(later)).toEqual(['a1 unacked']);
    expect(later.incidents()).toMatchObject([{ title: 'Lũ' }]);
    later.apply(event('i', 2, { kind: 'incident', data: { id: 'i', version: 2, state: 'closed' } }), 0);
    expect(later.incidents()).toEqual([]);
  });
});
