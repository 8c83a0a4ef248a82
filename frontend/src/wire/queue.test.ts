import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseFrame } from './parse';
import { parseNote, parsePresence, presenceKey } from './queue';

const golden = (name: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../schema/testdata/frames/${name}.json`, import.meta.url)), 'utf8');

describe('a note', () => {
  it('tells which report it is beside', () => {
    const frame = parseFrame(golden('event-note'));
    expect(frame).toMatchObject({ type: 'event', kind: 'note', seq: 1204 });
    const data = frame?.type === 'event' ? frame.data : null;
    expect(data && parseNote(data)).toEqual({
      report: '01935f00-0000-7000-8000-000000000001',
      n: 3,
      by: { id: 'person:9b2f', name: 'Nguyễn Văn An' },
      at: Date.UTC(2026, 10, 23, 2, 2, 5),
    });
  });

  it('without a report is none', () => {
    expect(parseNote({ n: 1 })).toBeNull();
    expect(parseNote({ report: 'a', n: -1 })).toBeNull();
  });
});

describe('presence', () => {
  it('names who has which report open, and who writes', () => {
    const frame = parseFrame(golden('level-presence'));
    const item = frame?.type === 'level' ? frame.items[0] : undefined;
    expect(item?.key).toBe(presenceKey);
    const open = parsePresence(item?.data ?? {});
    expect(open.map((report) => report.people.map((person) => person.name))).toEqual([
      ['Nguyễn Văn An', 'H’Linh Niê'],
      ['H’Linh Niê'],
    ]);
    expect(open[0]?.lock).toMatchObject({ id: 'person:9b2f', page: 't3kZ9w1q' });
    expect(open[1]?.lock).toBeNull();
  });

  it('leaves out what it cannot read', () => {
    expect(parsePresence({})).toEqual([]);
    const until = '2026-11-23T02:00:00Z';
    const reports = [null, 7, {}, { id: 'a' }, { id: 'b', until, people: [null, {}], lock: 'x' }];
    expect(parsePresence({ reports })).toEqual([{ id: 'b', people: [], lock: null, until: Date.parse(until) }]);
  });
});
