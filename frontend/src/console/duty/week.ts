// A week of the roster, by the days of the centre's zone.
import type { Gap, Roster, Shift } from '../../api/duty';
import { fromClock, toClock } from '../../i18n/zone';

const dayMs = 86_400_000;

/** The date that the calendar of the zone shows, YYYY-MM-DD. */
export function dateOf(ms: number, zone: string): string {
  return toClock(ms, zone).slice(0, 10);
}

/** The date so many days after another. */
export function dayAfter(date: string, days: number): string {
  return new Date(Date.parse(`${date}T12:00Z`) + days * dayMs).toISOString().slice(0, 10);
}

/** The Monday of the week that a date lies in. */
export function mondayOf(date: string): string {
  const weekday = (new Date(`${date}T12:00Z`).getUTCDay() + 6) % 7;
  return dayAfter(date, -weekday);
}

/** When a date begins. */
export function beginOf(date: string, zone: string): number {
  return fromClock(`${date}T00:00`, zone) ?? 0;
}

export interface Cell {
  shifts: Shift[];
  gaps: Gap[];
}

/** What stands on one day for a position: the shifts that begin then, and when nobody is there, cut at midnight. */
export function cellOf(roster: Roster, position: string, from: number, until: number): Cell {
  return {
    shifts: roster.shifts.filter((s) => s.position === position && s.from >= from && s.from < until),
    gaps: roster.gaps
      .filter((g) => g.position === position && g.from < until && g.until > from)
      .map((g) => ({ position, from: Math.max(g.from, from), until: Math.min(g.until, until) })),
  };
}
