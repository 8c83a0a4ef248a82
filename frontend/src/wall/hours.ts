// The geometry of the chart of hours, in per cent of its plot. Pure.
import type { HourlyKpi } from '../wire/level';

export interface HourBars {
  /** Middle and height of each bar; nothing is drawn of an hour that nobody counted. */
  bars: { at: number; x: number; height: number }[];
  /** How much of the width one hour has. */
  step: number;
  /** The path of the usual numbers, in a box of 100 × 100 with y downwards. */
  usual: string;
  lines: { y: number; value: number }[];
}

/** The least top of the scale: one report must not look like a storm. */
const leastTop = 5;
const air = 1.1;

export function chartOf(hourly: HourlyKpi | null): HourBars {
  const hours = hourly?.hours ?? [];
  if (hourly === null || hours.length === 0) return { bars: [], step: 0, usual: '', lines: [] };
  const counts = hours.map(({ count }) => count ?? 0);
  const top = niceTop(Math.max(leastTop, air * Math.max(...counts, ...hourly.average.map((n) => n ?? 0))));
  const step = 100 / hours.length;
  const x = (i: number): number => round((i + 0.5) * step);
  let pen = 'M';
  let usual = '';
  hours.forEach((_, i) => {
    const mean = hourly.average[i] ?? null;
    if (mean !== null) usual += `${pen}${String(x(i))} ${String(round(100 - (mean / top) * 100))}`;
    pen = mean === null ? 'M' : 'L';
  });
  return {
    bars: hours.map(({ at, count }, i) => ({ at, x: x(i), height: round(((count ?? 0) / top) * 100) })),
    step,
    usual,
    lines: levels(top).map((value) => ({ y: round((value / top) * 100), value })),
  };
}

/** The nearest of 1, 2, 3, 4, 5, 6, 8 times a power of ten that is not below. */
export function niceTop(wanted: number): number {
  const unit = 10 ** Math.floor(Math.log10(wanted));
  return [1, 2, 3, 4, 5, 6, 8, 10].map((n) => n * unit).find((top) => top >= wanted) ?? wanted;
}

/** Zero, the top, and the middle where that is a whole number. */
function levels(top: number): number[] {
  return Number.isInteger(top / 2) ? [0, top / 2, top] : [0, top];
}

const round = (n: number): number => Math.round(n * 100) / 100;
