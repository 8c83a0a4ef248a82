import { describe, expect, it } from 'vitest';
import { createFormats } from '../i18n/format';
import type { Link } from '../live/link';
import type { HeldLevel } from '../live/situation';
import type { JsonObject } from '../wire/json';
import { leaderNumbers, type LeaderNumber } from './numbers';

const now = Date.parse('2026-11-30T02:00:00Z');
const live: Link = { phase: 'live', cause: 'none', dataAt: now, transport: 'websocket', offsetMs: 0 };
const stale: Link = { ...live, phase: 'stale', cause: 'link', dataAt: now - 90_000 };

function numbers(levels: Record<string, JsonObject>, link = live): LeaderNumber[] {
  const level = (key: string): HeldLevel | undefined => {
    const data = levels[key];
    return data === undefined ? undefined : ({ version: 1, at: now, heardAt: now, data } as unknown as HeldLevel);
  };
  return leaderNumbers({ level, formats: createFormats('Asia/Ho_Chi_Minh'), now, link, placeName: (code) => code });
}

const summary = (unacked: number, acked: number): Record<string, JsonObject> => ({
  'alarms/summary': {
    high: { unacked, acked, cleared: 1 },
    oldest_unacked_high_at: unacked > 0 ? '2026-11-30T01:57:46Z' : null,
    as_of: '2026-11-30T02:00:00Z',
  },
});

describe('the five numbers', () => {
  it('are always five, and none is 0 before it is known', () => {
    const all = numbers({});
    expect(all.map(({ behind }) => behind)).toEqual(['alarms', 'overdue', 'late', 'open', 'silent']);
    expect(all.map(({ view }) => view.value)).toEqual(['?', '?', '?', '?', '?']);
  });

  it('say how many high alarms nobody took, and for how long', () => {
    const [high] = numbers(summary(2, 1));
    expect(high?.view).toMatchObject({ value: '3', state: 'critical', freshness: 'fresh' });
    expect(high?.view.compare).toMatch(/2 chưa ai nhận, lâu nhất 2 phút/);
  });

  it.each([
    [0, 2, '2', 'warning'],
    [0, 0, '0', 'normal'],
  ])('with %i untaken and %i taken show %s as %s', (unacked, acked, value, state) => {
    expect(numbers(summary(unacked, acked))[0]?.view).toMatchObject({ value, state });
  });

  it('are old when the link is', () => {
    const [high] = numbers(summary(1, 0), stale);
    expect(high?.view.freshness).toBe('stale');
    expect(high?.view.age).toMatch(/1 phút/);
  });
});
