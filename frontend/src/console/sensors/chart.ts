// What a chart of sensors draws, apart from the library that draws it: columns side by side, the room the limits need.
import type { Series, SensorLimit } from '../../api/sensors';

/** Columns of one x: of a single series its value, least and greatest; of several, the value of each. */
export interface Columns {
  x: number[];
  y: (number | null | undefined)[][];
}

/**
 * Puts series side by side. Null breaks a line; undefined is a time at which only another series has a point, and
 * breaks none.
 */
export function columnsOf(series: readonly Series[]): Columns {
  const [one] = series;
  if (one !== undefined && series.length === 1) {
    return { x: one.t, y: one.min.length === 0 ? [one.value] : [one.value, one.min, one.max] };
  }
  const x = [...new Set(series.flatMap(({ t }) => t))].sort((a, b) => a - b);
  const y = series.map(({ t, value }) => {
    const at = new Map(t.map((time, i) => [time, value[i]]));
    return x.map((time) => at.get(time));
  });
  return { x, y };
}

/** The limits all series share: what holds for one only would be taken for the other's. */
export function limitsOf(series: readonly Series[]): SensorLimit[] {
  const [first, ...rest] = series;
  if (first === undefined) return [];
  const same = (a: SensorLimit, b: SensorLimit): boolean => a.at === b.at && a.label === b.label;
  return first.limits.filter((limit) => rest.every(({ limits }) => limits.some((other) => same(limit, other))));
}

/** From where to where y must reach: the values, every limit they passed and the next one above them, with some air. */
export function reachOf(low: number | null, high: number | null, limits: readonly SensorLimit[]): [number, number] {
  if (low === null || high === null) {
    const ats = limits.map(({ at }) => at);
    if (ats.length === 0) return [0, 1];
    low = Math.min(...ats);
    high = Math.max(...ats);
  }
  const top = high;
  const next = limits.map(({ at }) => at).find((at) => at > top);
  const all = [low, high, ...(next === undefined ? [] : [next])];
  const least = Math.min(...all);
  const most = Math.max(...all);
  const air = Math.max((most - least) * 0.08, (leastReach - (most - least)) / 2);
  return [least >= 0 ? Math.max(0, least - air) : least - air, most + air];
}

/** Less is not drawn across the whole height: the last digit of an instrument would look like an event. */
const leastReach = 0.2;

/** A number on an axis whose marks are so far apart, with the digits that tell them apart. */
export function markOf(value: number, apart: number, language: string): string {
  let digits = 0;
  while (digits < 6 && Math.abs(apart * 10 ** digits - Math.round(apart * 10 ** digits)) > 1e-6) digits++;
  return value.toLocaleString(language, { minimumFractionDigits: digits, maximumFractionDigits: digits });
}

/** Lines for reading aloud or copying: each point with what is doubtful about it, the newest first. */
export interface Line {
  id: string;
  t: number;
  value: number;
  min: number | null;
  max: number | null;
  n: number | null;
  received: number | null;
  source: string;
  origin: string;
  doubts: readonly string[];
}

export function linesOf(series: Series): Line[] {
  const lines: Line[] = [];
  for (let i = series.t.length - 1; i >= 0; i--) {
    const value = series.value[i];
    const t = series.t[i];
    if (value == null || t === undefined) continue;
    lines.push({
      id: String(t),
      t,
      value,
      min: series.min[i] ?? null,
      max: series.max[i] ?? null,
      n: series.n[i] ?? null,
      received: series.received[i] ?? null,
      source: series.sources[series.source[i] ?? -1] ?? '',
      origin: series.origins[series.origin[i] ?? -1] ?? '',
      doubts: series.doubts.get(t) ?? [],
    });
  }
  return lines;
}
