// The figures of alarm health beside what they should be, and the bars of its ten minutes. Pure.
import type { AlarmHealth } from '../../api/alarmHealth';
import type { Formats } from '../../i18n/format';
import { m } from '../../i18n/messages/messages.js';

export interface Figure {
  label: string;
  value: string;
  target: string;
  /** Beyond what it should be. */
  bad: boolean;
}

export function figuresOf(h: AlarmHealth, formats: Formats): Figure[] {
  const number = (value: number | null): string => (value === null ? '?' : formats.amount(value));
  const percent = (value: number | null): string => (value === null ? '?' : `${formats.amount(value)} %`);
  const most = (value: number, unit = ''): string => m.health_should({ most: `${formats.amount(value)}${unit}` });
  const over = (value: number | null, limit: number): boolean => value !== null && value > limit;
  return [
    {
      label: m.health_rate({ count: h.positions }),
      value: number(h.rate),
      target: most(h.targets.rate),
      bad: over(h.rate, h.targets.rate),
    },
    { label: m.health_peak(), value: formats.count(h.peak), target: most(floodAbove), bad: h.peak > floodAbove },
    {
      label: m.health_flood(),
      value: percent(h.floodPercent),
      target: `${most(h.targets.floodPercent, ' %')} · ${m.health_floods({ count: formats.count(h.floods) })}`,
      bad: over(h.floodPercent, h.targets.floodPercent),
    },
    {
      label: m.health_top_share(),
      value: percent(h.topPercent),
      target: most(h.targets.topPercent, ' %'),
      bad: over(h.topPercent, h.targets.topPercent),
    },
    {
      label: m.alarms_view_stale(),
      value: formats.count(h.stale),
      target: most(h.targets.stale - 1),
      bad: h.stale >= h.targets.stale,
    },
    { label: m.health_chattering(), value: formats.count(h.chattering), target: most(0), bad: h.chattering > 0 },
    {
      label: m.alarm_aside_shelved(),
      value: formats.count(h.shelved),
      target: m.health_aside({
        suppressed: formats.count(h.suppressed),
        service: formats.count(h.outOfService),
      }),
      bad: false,
    },
  ];
}

/** More than so many in 10 minutes of a position is a flood (EEMUA 191). */
const floodAbove = 10;
const mostBars = 240;
const tenMs = 10 * 60_000;
const shownRows = 12;

export interface Bars {
  width: number;
  height: number;
  rects: { x: number; w: number; h: number; flood: boolean }[];
  /** How high the line of a flood lies. */
  limit: number;
  most: number;
  /** The table's rows: the ten minutes with most calls. */
  loudest: { at: number; count: number }[];
}

/** Bars of the span; where there is no room for each ten minutes the most of several stands for them. Null without any. */
export function barsOf(tens: readonly number[], from: number): Bars | null {
  if (tens.length === 0) return null;
  const each = Math.ceil(tens.length / mostBars);
  const bars: number[] = [];
  for (let i = 0; i < tens.length; i += each) bars.push(Math.max(...tens.slice(i, i + each)));
  const most = Math.max(...bars);
  const top = Math.max(most, floodAbove * 1.2);
  const [width, height] = [960, 100];
  const w = width / bars.length;
  return {
    width,
    height,
    rects: bars.flatMap((count, i) =>
      count === 0 ? [] : [{ x: i * w, w: Math.max(1, w - 0.5), h: (count / top) * height, flood: count > floodAbove }],
    ),
    limit: height - (floodAbove / top) * height,
    most,
    loudest: tens
      .map((count, i) => ({ at: from + i * tenMs, count }))
      .filter(({ count }) => count > 0)
      .sort((a, b) => b.count - a.count || a.at - b.at)
      .slice(0, shownRows),
  };
}
