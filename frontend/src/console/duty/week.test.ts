import { describe, expect, it } from 'vitest';
import type { Roster, Shift } from '../../api/duty';
import { beginOf, cellOf, dateOf, dayAfter, mondayOf } from './week';

const zone = 'Asia/Ho_Chi_Minh';
const at = (text: string): number => Date.parse(text);
const shift = (from: string, until: string, position = 'truc_ban'): Shift =>
  ({ id: from, position, from: at(from), until: at(until) }) as Shift;

describe('a week of the roster', () => {
  it('begins on the Monday of the zone, also late on a Sunday of UTC', () => {
    expect(dateOf(at('2026-11-29T18:00:00Z'), zone)).toBe('2026-11-30');
    expect(mondayOf('2026-11-30')).toBe('2026-11-30');
    expect(mondayOf('2026-12-06')).toBe('2026-11-30');
    expect(dayAfter('2026-12-31', 1)).toBe('2027-01-01');
    expect(beginOf('2026-11-30', zone)).toBe(at('2026-11-29T17:00:00Z'));
  });

  it('has a shift on the day it begins, and cuts a gap at midnight', () => {
    const from = beginOf('2026-12-01', zone);
    const until = beginOf('2026-12-02', zone);
    const roster: Roster = {
      shifts: [
        shift('2026-11-30T15:00:00Z', '2026-11-30T23:00:00Z'), // 22:00 of the day before
        shift('2026-11-30T23:00:00Z', '2026-12-01T07:00:00Z'), // 06:00
        shift('2026-12-01T15:00:00Z', '2026-12-01T23:00:00Z'), // 22:00, over midnight
        shift('2026-12-01T01:00:00Z', '2026-12-01T02:00:00Z', 'truong_ca'),
      ],
      gaps: [
        { position: 'truc_ban', from: at('2026-12-01T07:00:00Z'), until: at('2026-12-01T15:00:00Z') },
        { position: 'truong_ca', from: from - 1, until: until + 1 },
      ],
    };
    const own = cellOf(roster, 'truc_ban', from, until);
    expect(own.shifts.map(({ id }) => id)).toEqual(['2026-11-30T23:00:00Z', '2026-12-01T15:00:00Z']);
    expect(own.gaps).toEqual([roster.gaps[0]]);
    expect(cellOf(roster, 'truong_ca', from, until).gaps).toEqual([{ position: 'truong_ca', from, until }]);
  });
});
