// Where a river stands on its scale. Every scale has its levels at the same places, so that rivers can be compared
// by eye down the wall; between two levels the place is proportional. Pure.
import type { Limit } from '../wire/storm';

const firstAt = 30;
const stepAt = 28;

/** How many flood levels a river may have; their names stand once above all scales. */
export const levelCount = 3;

/** Where the nth level stands, counted from 0, in per cent from the left. */
export const levelPlace = (n: number): number => firstAt + stepAt * n;

/** The level that a label names, counted from 0: the first number in it; -1 without one. */
const levelOf = (label: string): number => Number(/\d/.exec(label)?.[0] ?? 0) - 1;

/** Where a river's own levels stand: by their names, since a river may have the second confirmed and not the first. */
export function limitPlaces(limits: readonly Limit[]): number[] {
  const known = limits.map(({ label }) => levelOf(label));
  const rising = known.every((n, i) => n >= 0 && n < levelCount && n > (known[i - 1] ?? -1));
  return limits.map((_, i) => levelPlace(rising ? (known[i] ?? i) : Math.min(i, levelCount - 1)));
}

/** Where a value stands, 0 to 100; null without a confirmed level. Beyond the outer levels one step fills the rest. */
export function riverPlace(value: number, limits: readonly Limit[]): number | null {
  const places = limitPlaces(limits);
  const points = limits.map(({ at }, i) => ({ at, place: places[i] ?? 0 }));
  const [first, last] = [points[0], points.at(-1)];
  if (first === undefined || last === undefined) return null;
  const step = points.length > 1 ? (last.at - first.at) / (points.length - 1) : 1;
  const scale = [{ at: first.at - 2 * step, place: 0 }, ...points, { at: last.at + step, place: 100 }];
  for (let i = 1; i < scale.length; i++) {
    const [a, b] = [scale[i - 1], scale[i]];
    if (a === undefined || b === undefined || value > b.at) continue;
    return Math.max(0, a.place + ((value - a.at) / Math.max(b.at - a.at, 1e-9)) * (b.place - a.place));
  }
  return 100;
}

/** The highest level that a value has reached; undefined below the first. */
export function reached(value: number, limits: readonly Limit[]): Limit | undefined {
  return limits.filter(({ at }) => value >= at).at(-1);
}
