// Where a look-back begins and what it is doing: what a page must know before it fetches the player.
import { asTime } from '../wire/json';

/** Where a look-back begins, and how many times faster than life it runs. */
export interface PastStart {
  at: number;
  speed: number;
}

/** The speeds, slowest first. */
export const speeds: readonly number[] = [1, 2, 5, 10, 30, 60, 120, 300, 600];

/** How far back facts are kept to be looked at. */
export const reachMs = 90 * 86_400_000;

/** Reads ?luc=…&toc-do=… of an address; null when it asks for no look-back. An unknown speed is the nearest known. */
export function readPastStart(search: string): PastStart | null {
  const params = new URLSearchParams(search);
  // A plus sign that nobody escaped arrives as a space.
  const at = asTime((params.get('luc') ?? '').trim().replace(' ', '+'));
  if (at === null) return null;
  const wanted = Number(params.get('toc-do') ?? '1');
  return { at, speed: nearestSpeed(Number.isFinite(wanted) ? wanted : 1) };
}

/** The address part that readPastStart reads. */
export function pastSearch({ at, speed }: PastStart): string {
  return `?luc=${new Date(at).toISOString().replace(/\.\d+Z$/, 'Z')}&toc-do=${String(speed)}`;
}

function nearestSpeed(wanted: number): number {
  return speeds.reduce((best, speed) => (Math.abs(speed - wanted) < Math.abs(best - wanted) ? speed : best), 1);
}

/** What the player does at present. */
export interface Play {
  at: number;
  speed: number;
  paused: boolean;
  /** Nothing of this time has arrived yet. */
  waiting: boolean;
  /** The server does not answer, or does not know this time. */
  failed: boolean;
  /** The present has been reached: there is nothing more to play. */
  ended: boolean;
  completeFrom: number | null;
  /** An earlier time was asked for than facts are kept of; it began where they do. */
  clamped: boolean;
}
