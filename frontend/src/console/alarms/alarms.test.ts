import { afterEach, describe, expect, it, vi } from 'vitest';
import { parseAlarm, parseGroups, type Alarm } from '../../wire/alarm';
import type { EventFrame, SnapshotFrame } from '../../wire/frame';
import type { JsonObject } from '../../wire/json';
import { lawfulActs } from './acts';
import { AlarmBook } from './book.svelte';
import { fold, matches, everyAlarm } from './filter';
import { membersOf } from './groups';
import { barsOf } from './health';
import { samplesOf } from './horn';
import { alarmCommand } from './keys';
import { News, turningFor } from './sounding';

const now = Date.UTC(2026, 10, 23, 2);
const iso = (ms: number): string => new Date(ms).toISOString();
const raw = (id: string, more: JsonObject = {}): JsonObject => ({
  id,
  version: 1,
  state: 'unacked',
  priority: 'low',
  raised_at: iso(now - 5000),
  ...more,
});
const alarm = (id: string, more: JsonObject = {}): Alarm => {
  const parsed = parseAlarm(raw(id, more));
  if (parsed === null) throw new Error('unreadable');
  return parsed;
};
const high = (id: string, more: JsonObject = {}): Alarm => alarm(id, { priority: 'high', ...more });
const event = (id: string, more: JsonObject = {}): EventFrame => {
  const data = raw(id, more);
  return { type: 'event', topic: 't', seq: 1, kind: 'alarm', id, version: Number(data['version']), at: now, data };
};
const snapshot = (alarms: JsonObject[], low = 0): SnapshotFrame => ({
  type: 'snapshot',
  topic: 't',
  epoch: 'e',
  seq: 1,
  at: now,
  reports: [],
  truncated: 0,
  alarms,
  alarmsTruncated: { low },
  incidents: [],
  screen: null,
});

afterEach(() => {
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

describe('the book of alarms', () => {
  const listed = (book: AlarmBook): string[] => book.ids.map((id) => `${id} ${book.alarm(id)?.state ?? '-'}`);

  it('changes rows in place, and lets nothing in or out until it is asked', async () => {
    const book = new AlarmBook([alarm('a'), alarm('b', { priority: 'medium' })], false);
    await book.load();
    expect(listed(book)).toEqual(['b unacked', 'a unacked']);
    book.hear(event('c'));
    book.hear(event('a', { version: 2, state: 'acked' }));
    book.hear(event('b', { version: 2, state: 'closed' }));
    expect(listed(book)).toEqual(['b closed', 'a acked']);
    expect(book.freshCount).toBe(1);
    await book.load();
    expect(listed(book)).toEqual(['c unacked', 'a acked']);
    expect(book.freshCount).toBe(0);
    book.stop();
  });

  it('pins a high alarm at once in a row that no other one takes, also just after it was taken', async () => {
    const book = new AlarmBook([high('h1')], false);
    expect(book.pinned(now)).toEqual(['h1', null, null]);
    book.hear(event('h2', { priority: 'high' }));
    book.hear(event('h1', { priority: 'high', version: 2, state: 'acked', acked_at: iso(now) }));
    book.hear(event('h3', { priority: 'high' }));
    expect(book.freshCount).toBe(0);
    expect(book.pinned(now + 1000)[0]).toBe('h1');
    expect(new Set(book.pinned(now + 1000))).toEqual(new Set(['h1', 'h2', 'h3']));
    // What was taken belongs in the list, and waits for it like everything else.
    expect(book.pinned(now + 10_000)[0]).toBeNull();
    await vi.waitFor(() => {
      expect([...book.ids, ...Array<string>(book.freshCount).fill('h1')]).toEqual(['h1']);
    });
    book.stop();
  });

  it('knows after an interruption what is over, and asks for what a snapshot had no room for', async () => {
    const fetcher = vi.fn<typeof fetch>((address) => {
      const more = (address as string).includes('cursor=2');
      const alarms = more ? [raw('y')] : [raw('x')];
      return Promise.resolve(new Response(JSON.stringify({ alarms, next: more ? '' : '2' })));
    });
    vi.stubGlobal('fetch', fetcher);
    const book = new AlarmBook([alarm('a'), alarm('b')], false);
    await book.load();
    book.hear(snapshot([raw('b')]));
    expect(book.open.map(({ id }) => id)).toEqual(['b']);
    book.hear(snapshot([raw('b')], 2));
    await vi.waitFor(() => {
      expect(book.open.map(({ id }) => id)).toEqual(['b', 'x', 'y']);
    });
    book.stop();
  });

  it('finds by letters without their marks, within an area, and in the list it belongs to', () => {
    expect(fold('Đắk Nông – Ễnh')).toBe('dak nong – enh');
    const one = alarm('a', { target_name: 'Trạm Đắk Nông', path: ['67', '660'], area: '660' });
    expect(matches(one, { ...everyAlarm, q: 'dak nong', area: '67' })).toBe(true);
    expect(matches(one, { ...everyAlarm, area: '661' })).toBe(false);
    expect(matches(alarm('a', { aside: 'shelved' }), everyAlarm)).toBe(false);
    expect(matches(alarm('a', { aside: 'shelved' }), { ...everyAlarm, view: 'shelved' })).toBe(true);
    expect(matches(alarm('a', { state: 'closed' }), { ...everyAlarm, view: 'stale' })).toBe(false);
  });
});

describe('the sound of a desk', () => {
  const quiet = new Map<string, number>();

  it('turns for high alarms that nobody took, and comes back when a silence is over', () => {
    const alarms = [high('a'), high('b', { state: 'acked' }), alarm('c'), high('d', { aside: 'shelved' })];
    expect(turningFor(alarms, quiet, now).map(({ id }) => id)).toEqual(['a']);
    const here = new Map([['a', now + 30_000]]);
    expect(turningFor(alarms, here, now)).toEqual([]);
    expect(turningFor(alarms, here, now + 30_000)).toHaveLength(1);
    expect(turningFor([high('a', { silenced_until: iso(now + 1) })], quiet, now)).toEqual([]);
    expect(turningFor([high('a'), high('new')], here, now).map(({ id }) => id)).toEqual(['new']);
  });

  it('tells news once, the loudest of a batch, and again when it comes again', () => {
    const news = new News();
    expect(news.of([alarm('a'), alarm('b', { priority: 'medium' })], now)).toBe('medium');
    expect(news.of([alarm('a'), alarm('b', { priority: 'medium' })], now)).toBeNull();
    expect(news.of([alarm('a', { again_at: iso(now) })], now)).toBe('low');
    expect(news.of([alarm('old', { raised_at: iso(now - 3_600_000) })], now)).toBeNull();
    expect(news.of([alarm('journal', { priority: 'journal' })], now)).toBeNull();
  });

  it('has a tone of its own for each priority, without a click or an overdrive', () => {
    const tones = (['high', 'medium', 'low'] as const).map((tone) => samplesOf(tone, 8000));
    const sounding = tones.map((samples) => samples.filter((s) => Math.abs(s) > 0.05).length);
    expect([...sounding].sort((a, b) => b - a)).toEqual(sounding);
    for (const samples of tones) {
      expect(Math.max(...samples.map(Math.abs))).toBeLessThanOrEqual(1);
      expect(Math.abs(samples[0] ?? 1)).toBeLessThan(0.05);
    }
  });
});

describe('acts', () => {
  const all = (): boolean => true;

  it('are offered as an alarm stands', () => {
    expect(lawfulActs(high('a'), all)).toEqual(['ack', 'silence', 'comment', 'shelve', 'suppress', 'out_of_service']);
    expect(lawfulActs(high('a', { state: 'acked', aside: 'shelved' }), all)).toEqual(['comment', 'unshelve']);
    expect(lawfulActs(high('a', { state: 'closed' }), all)).toEqual([]);
    expect(lawfulActs(high('a'), (action) => action === 'alarm.ack')).toEqual(['ack', 'silence', 'comment']);
  });

  it('have a key each, unless single keys are off', () => {
    const press = (key: string, single = true): unknown =>
      alarmCommand({ key, ctrlKey: false, metaKey: false, altKey: false }, single);
    expect(press('a')).toEqual({ do: 'act', act: 'ack' });
    expect(press('H')).toEqual({ do: 'act', act: 'shelve' });
    expect(press('a', false)).toBeNull();
    expect(press('ArrowDown', false)).toEqual({ do: 'step', by: 1 });
  });

  it('on a group name the alarms of one type in its place that nobody took, never a high one', () => {
    const there = { kind: 'river', path: ['67', '660', '24611'], type: 't' };
    const open = [
      alarm('a', there),
      alarm('b', { ...there, path: ['67', '660', '24612'] }),
      alarm('c', { ...there, state: 'acked' }),
      high('d', there),
      alarm('e', { ...there, type: 'u' }),
      alarm('f', { ...there, path: ['67', '661'] }),
    ];
    const [group] = parseGroups({ groups: [{ key: 'g', area: '660', kind: 'river', count: 9, ids: ['a', 'e'] }] });
    expect(group === undefined ? [] : membersOf(group, open)).toEqual(['a', 'b']);
  });
});

describe('the bars of alarm health', () => {
  it('show the most of several ten minutes where there is no room for each, and name the loudest', () => {
    const tens = Array.from({ length: 1008 }, (_, i) => (i === 500 ? 24 : i === 501 ? 3 : 0));
    const bars = barsOf(tens, now);
    expect(bars?.rects).toHaveLength(1);
    expect(bars).toMatchObject({ most: 24, loudest: [{ at: now + 500 * 600_000, count: 24 }, { count: 3 }] });
    expect(bars?.rects[0]?.flood).toBe(true);
    expect(barsOf([], now)).toBeNull();
  });
});
