// What is said of a sensor in words: how it fares, what is doubtful, and where that stands in a list.
import type { Sensor, Step } from '../../api/sensors';
import { duration, type Formats } from '../../i18n/format';
import { m } from '../../i18n/messages/messages.js';
import type { Shown } from '../../rules/state';

// Messages of their own: one that the frame says too would be a piece that every face fetches.
const states: Record<Shown, () => string> = {
  normal: m.sensors_normal,
  attention: m.sensors_attention,
  warning: m.sensors_warning,
  critical: m.sensors_critical,
  unknown: m.sensors_unknown,
};

export const stateWord = (state: Shown): string => states[state]();

/** How a sensor fares, in the order of what is said first. */
export type Fare = 'proposed' | 'retired' | 'maintenance' | 'never' | 'silent' | Shown;

export function fareOf(sensor: Sensor): Fare {
  if (sensor.standing !== 'active') return sensor.standing;
  if (sensor.maintenance) return 'maintenance';
  if (sensor.at === null) return 'never';
  return sensor.silent ? 'silent' : sensor.state;
}

export function fareWord(fare: Fare): string {
  switch (fare) {
    case 'proposed':
      return m.sensors_proposed();
    case 'retired':
      return m.sensors_retired();
    case 'maintenance':
      return m.sensors_in_maintenance();
    case 'never':
      return m.sensors_never();
    case 'silent':
      return m.sensors_silent();
    default:
      return stateWord(fare);
  }
}

const ranks: Record<Fare, number> = {
  critical: 0,
  warning: 1,
  attention: 2,
  silent: 3,
  never: 4,
  unknown: 5,
  normal: 6,
  maintenance: 7,
  proposed: 8,
  retired: 9,
};

export const rankOf = (sensor: Sensor): number => ranks[fareOf(sensor)];

const doubts: Record<string, () => string> = {
  rate: m.doubt_rate,
  stuck: m.doubt_stuck,
  skew: m.doubt_skew,
  late: m.doubt_late,
};

export const doubtWord = (doubt: string): string => doubts[doubt]?.() ?? doubt;

const origins: Record<string, () => string> = {
  real: m.series_real,
  simulated: m.series_simulated,
  replayed: m.series_replayed,
  imported: m.series_imported,
  drill: m.series_drill,
};

export const originWord = (origin: string): string => origins[origin]?.() ?? origin;

const stepWords: Record<Step, () => string> = {
  raw: m.step_raw,
  '5m': m.step_5m,
  '15m': m.step_15m,
  '1h': m.step_1h,
  '6h': m.step_6h,
  day: m.step_day,
};

export const stepWord = (step: Step): string => stepWords[step]();

/** "588,82 m" */
export function amountWord(value: number | null, unit: string, formats: Formats): string {
  return value === null ? '–' : `${formats.amount(value)} ${unit}`.trim();
}

/** "2 phút", of seconds. */
export const secondsWord = (seconds: number): string => duration(seconds * 1000);
