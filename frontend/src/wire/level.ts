// The data of the level keys the faces draw. Null everywhere means "no data", never 0 and never 100 %.
import { asArray, asCount, asNumber, asObject, asText, asTime, type JsonObject } from './json';
import { asOrigin, asState, type Origin, type State } from './report';

export interface OpenKpi {
  value: number | null;
  dayAgo: number | null;
}

export interface OverdueKpi {
  value: number | null;
  oldestHours: number | null;
}

export interface ReceivedKpi {
  value: number | null;
  dayBefore: number | null;
}

export interface OnTimeKpi {
  value: number | null;
  met: number | null;
  due: number | null;
  target: number | null;
}

export interface RainKpi {
  value: number | null;
  unit: string;
  name: string;
  area: string;
  at: number | null;
  state: State | null;
}

export interface SourcesKpi {
  live: number | null;
  total: number | null;
}

export interface HourlyKpi {
  hours: { at: number; count: number | null }[];
  average: (number | null)[];
}

export interface AreaCount {
  area: string;
  open: number | null;
  overdue: number | null;
  state: State | null;
}

export interface SensorLevel {
  code: string;
  value: number | null;
  at: number | null;
  kind: string;
  unit: string;
  name: string;
  lat: number | null;
  lon: number | null;
  area: string;
  staleAfterS: number;
  state: State | 'unknown';
  limit: string;
}

export const parseOpen = (d: JsonObject): OpenKpi => ({ value: asCount(d['value']), dayAgo: asCount(d['day_ago']) });

export const parseOverdue = (d: JsonObject): OverdueKpi => ({
  value: asCount(d['value']),
  oldestHours: asNumber(d['oldest_hours']),
});

export const parseReceived = (d: JsonObject): ReceivedKpi => ({
  value: asCount(d['value']),
  dayBefore: asCount(d['day_before']),
});

export const parseOnTime = (d: JsonObject): OnTimeKpi => ({
  value: asNumber(d['value']),
  met: asCount(d['met']),
  due: asCount(d['due']),
  target: asNumber(d['target']),
});

export const parseRain = (d: JsonObject): RainKpi => ({
  value: asNumber(d['value']),
  unit: asText(d['unit'], 'mm'),
  name: asText(d['name']),
  area: asText(d['area']),
  at: asTime(d['at']),
  state: asState(d['state']),
});

export const parseSources = (d: JsonObject): SourcesKpi => ({ live: asCount(d['live']), total: asCount(d['total']) });

export function parseHourly(d: JsonObject): HourlyKpi {
  const hours = asArray(d['hours']).flatMap((hour) => {
    const at = asTime(asObject(hour)?.['at']);
    return at === null ? [] : [{ at, count: asNumber(asObject(hour)?.['count']) }];
  });
  return { hours, average: asArray(d['average']).map(asNumber) };
}

export function parseAreas(d: JsonObject): AreaCount[] {
  return asArray(d['areas']).flatMap((item) => {
    const raw = asObject(item);
    const area = asText(raw?.['area']);
    if (raw === null || area === '') return [];
    return [{ area, open: asCount(raw['open']), overdue: asCount(raw['overdue']), state: asState(raw['state']) }];
  });
}

const sensorPrefix = 'sensor/';

/** Reads the level of one sensor; null when the key is not a sensor's. */
export function parseSensor(key: string, d: JsonObject): SensorLevel | null {
  if (!key.startsWith(sensorPrefix)) return null;
  return {
    code: key.slice(sensorPrefix.length),
    value: asNumber(d['value']),
    at: asTime(d['at']),
    kind: asText(d['kind']),
    unit: asText(d['unit']),
    name: asText(d['name']),
    lat: asNumber(d['lat']),
    lon: asNumber(d['lon']),
    area: asText(d['area']),
    staleAfterS: asNumber(d['stale_after_s']) ?? 1800,
    state: asState(d['state']) ?? 'unknown',
    limit: asText(d['limit']),
  };
}

/** The time a KPI was computed for, or null. */
export const asOf = (d: JsonObject | null): number | null => asTime(d?.['as_of']);

/** The worst origin of what a KPI sums, or null when it does not say. */
export const originOf = (d: JsonObject | null): Origin | null =>
  d?.['origin'] === undefined ? null : asOrigin(d['origin']);
