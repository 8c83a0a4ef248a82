// The line of the last 24 hours in a tile. Pure.

/** The box a trend is drawn in; it is stretched to its place. */
export const trendBox = { width: 96, height: 32 } as const;

const edge = 2;
const flat = 0.2; // a change of less than this share of the value is not blown up

export interface TrendLine {
  /** The path of the values, broken where nothing is known. */
  line: string;
  /** The height of the target, null when there is none. */
  target: number | null;
}

/** Null when there are not two values to compare. */
export function trendLine(values: readonly (number | null)[], target: number | null): TrendLine | null {
  const known = values.filter((value) => value !== null);
  if (known.length < 2) return null;
  const all = target === null ? known : [...known, target];
  const [least, most] = [Math.min(...all), Math.max(...all)];
  const span = Math.max(most - least, Math.abs(most) * flat, 1);
  const from = (most + least) / 2 - span / 2;
  const y = (value: number): number => trendBox.height - edge - ((value - from) / span) * (trendBox.height - 2 * edge);
  const x = (i: number): number => (i / Math.max(1, values.length - 1)) * trendBox.width;
  let line = '';
  let pen = 'M';
  values.forEach((value, i) => {
    if (value !== null) line += `${pen}${x(i).toFixed(1)} ${y(value).toFixed(1)}`;
    pen = value === null ? 'M' : 'L';
  });
  return { line, target: target === null ? null : Number(y(target).toFixed(1)) };
}
