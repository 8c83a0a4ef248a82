// How well the alarms of a room can be answered, as the server measured it. Null is "no data", never 0.
import { alarmPriorities, type AlarmPriority } from '../wire/alarm';
import { asArray, asCount, asNumber, asObject, asObjects, asText, asTime, type JsonObject } from '../wire/json';
import { get } from './request';

export interface HealthTop {
  type: string;
  label: string;
  target: string;
  name: string;
  count: number;
  percent: number | null;
}

export interface HealthAnswer {
  priority: AlarmPriority;
  count: number;
  /** Of them nobody has taken yet. */
  open: number;
  p50S: number | null;
  p95S: number | null;
  inTimePercent: number | null;
  targetS: number;
}

export interface HealthMix {
  priority: AlarmPriority;
  count: number;
  percent: number | null;
  mostPercent: number | null;
  warn: boolean;
}

export interface HealthDiet {
  type: string;
  label: string;
  count: number;
  newestAt: number | null;
}

export interface AlarmHealth {
  targets: { rate: number; floodPercent: number; topPercent: number; stale: number };
  positions: number;
  calls: number;
  /** Of a position in 10 minutes. */
  rate: number | null;
  peak: number;
  /** Calls in each 10 minutes of the span; empty for a long one. */
  tens: number[];
  floodPercent: number | null;
  floods: number;
  top: HealthTop[];
  topPercent: number | null;
  stale: number;
  chattering: number;
  shelved: number;
  suppressed: number;
  outOfService: number;
  answers: HealthAnswer[];
  mix: HealthMix[];
  diet: HealthDiet[];
}

/** Throws Problem: 422 with fields. */
export async function fetchHealth(from: number, to: number, area: string): Promise<AlarmHealth> {
  const search = new URLSearchParams({ from: new Date(from).toISOString(), to: new Date(to).toISOString() });
  if (area !== '') search.set('area', area);
  return parseHealth(await get(`/api/v1/alarm-health?${search.toString()}`));
}

const priorityOf = (value: unknown): AlarmPriority => alarmPriorities.find((one) => one === value) ?? 'low';

export function parseHealth(raw: JsonObject): AlarmHealth {
  const targets = asObject(raw['targets']);
  const n = (name: string): number => asCount(raw[name]) ?? 0;
  return {
    targets: {
      rate: asNumber(targets?.['rate_10m']) ?? 1,
      floodPercent: asNumber(targets?.['flood_percent']) ?? 1,
      topPercent: asNumber(targets?.['top_percent']) ?? 5,
      stale: asNumber(targets?.['stale']) ?? 5,
    },
    positions: n('positions'),
    calls: n('calls'),
    rate: asNumber(raw['rate_10m']),
    peak: n('peak_10m'),
    tens: asArray(raw['tens']).map((count) => asCount(count) ?? 0),
    floodPercent: asNumber(raw['flood_percent']),
    floods: n('floods'),
    top: asObjects(raw['top']).map((row) => ({
      type: asText(row['type']),
      label: asText(row['label']).normalize('NFC'),
      target: asText(row['target']),
      name: asText(row['name'], asText(row['target'])).normalize('NFC'),
      count: asCount(row['count']) ?? 0,
      percent: asNumber(row['percent']),
    })),
    topPercent: asNumber(raw['top_percent']),
    stale: n('stale'),
    chattering: n('chattering'),
    shelved: n('shelved'),
    suppressed: n('suppressed'),
    outOfService: n('out_of_service'),
    answers: asObjects(raw['answers']).map((row) => ({
      priority: priorityOf(row['priority']),
      count: asCount(row['count']) ?? 0,
      open: asCount(row['open']) ?? 0,
      p50S: asNumber(row['p50_s']),
      p95S: asNumber(row['p95_s']),
      inTimePercent: asNumber(row['in_time_percent']),
      targetS: asNumber(row['target_s']) ?? 0,
    })),
    mix: asObjects(raw['mix']).map((row) => ({
      priority: priorityOf(row['priority']),
      count: asCount(row['count']) ?? 0,
      percent: asNumber(row['percent']),
      mostPercent: asNumber(row['most_percent']),
      warn: row['warn'] === true,
    })),
    diet: asObjects(raw['diet']).map((row) => ({
      type: asText(row['type']),
      label: asText(row['label']).normalize('NFC'),
      count: asCount(row['count']) ?? 0,
      newestAt: asTime(row['newest_at']),
    })),
  };
}
