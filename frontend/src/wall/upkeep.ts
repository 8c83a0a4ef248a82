// What a wall does to be fit for months, and when it may: rules only. Planned upkeep (the nightly reload, the shift of
// the picture against burn-in, the dimmed night) never happens while anything grave is on the screen; repairs and
// orders do. careFor acts on it.

/** A reason to load the page anew, the most urgent first. */
export type Reason = 'order' | 'dead' | 'part' | 'build' | 'heap' | 'night';

export interface Signs {
  /** Nothing high or critical is open, the storm scene is off, and the data are live. */
  calm: boolean;
  /** The minute of the day where the screen stands, by the server's clock. */
  minute: number;
  /** How long this page has been up. */
  upMs: number;
  /** Whether a reload was ordered since this page started. */
  ordered: boolean;
  /** How long the page has been without live data; 0 while it is live or nobody can see it. */
  deadMs: number;
  /** How many reloads in a row have not brought the data back. */
  fruitless: number;
  /** The code of the map could not be fetched: a browser does not try again by itself. */
  mapMissing: boolean;
  /** How many reloads in a row have not brought the map. */
  mapless: number;
  /** For how long the server has served another page than this one; null when it is the same. */
  outdatedMs: number | null;
  /** How far the heap lies above what it was once the page was warm. */
  heapGrowth: number;
}

export const deadMs = 90_000;
export const mostFruitless = 3;
export const heapGrowthBytes = 150 * 2 ** 20;
const outdatedMs = 15 * 60_000;
const leastUptimeMs = 12 * 60 * 60_000;
const nightFrom = 4 * 60;
const nightTo = 5 * 60;
const dimFrom = 22 * 60;
const dimTo = 5 * 60 + 30;

/** The minute of the night at which a screen reloads: its own, so that never all are away at once. */
export function nightMinute(screenId: string): number {
  let hash = 2166136261; // FNV-1a
  for (const char of screenId) hash = Math.imul(hash ^ (char.codePointAt(0) ?? 0), 16777619) >>> 0;
  return nightFrom + (hash % (nightTo - nightFrom));
}

/** Why the page should be loaded anew now; null when it should not. */
export function reasonToReload(signs: Signs, ownMinute: number): Reason | null {
  if (signs.ordered) return 'order';
  if (signs.deadMs >= deadMs && signs.fruitless < mostFruitless) return 'dead';
  if (signs.mapMissing && signs.mapless < mostFruitless) return 'part';
  // A page one release older than its server still tells the truth: it can wait for a calm minute, but not for ever.
  if (signs.outdatedMs !== null && (signs.calm || signs.outdatedMs >= outdatedMs)) return 'build';
  if (!signs.calm) return null;
  if (signs.heapGrowth > heapGrowthBytes) return 'heap';
  const due = signs.minute >= ownMinute && signs.minute < nightTo && signs.upMs >= leastUptimeMs;
  return due ? 'night' : null;
}

/** Whether the wall is dimmed: at night, when nobody has to see it from afar at once. */
export function dims(minute: number, calm: boolean): boolean {
  return calm && (minute >= dimFrom || minute < dimTo);
}

/** How long the picture stays where it is, and the way it takes: 2 to 8 px from its place, never far in one step. */
export const shiftEveryMs = 10 * 60_000;
export const shiftPath: readonly (readonly [x: number, y: number])[] = [
  [2, 0],
  [4, 2],
  [4, 6],
  [0, 8],
  [-4, 6],
  [-6, 2],
  [-6, -3],
  [-3, -6],
  [2, -7],
  [5, -5],
  [3, -2],
];
