// The data of the levels storm/* and kpi/trend. Null everywhere means "no data", never 0.
import { asArray, asCount, asNumber, asObject, asText, asTime, type JsonObject } from './json';
import { asState, type State } from './report';

/** A flood level of a river, with the document that sets it. */
export interface Limit {
  label: string;
  at: number;
  source: string;
}

export interface River {
  code: string;
  name: string;
  area: string;
  at: number | null;
  value: number | null;
  unit: string;
  state: State | 'unknown';
  /** Confirmed levels from the lowest; empty where none is confirmed. */
  limits: Limit[];
  rateCmH: number | null;
  next: { label: string; at: number } | null;
  etaMin: number | null;
  staleAfterS: number;
}

export interface CommuneRain {
  area: string;
  mm1h: number | null;
  mm3h: number | null;
  mm24h: number | null;
  state: State | 'unknown';
  live: number;
  total: number;
}

export interface Change {
  at: number;
  kind: string;
  text: string;
  area: string;
  state: State;
  id: string;
}

export interface Changed {
  minutes: number;
  received: number | null;
  closed: number | null;
  becameOverdue: number | null;
  raised: number | null;
  items: Change[];
}

/** Values of the last 24 h by name, the newest last, one a step; null where nothing is known. */
export type Trend = Readonly<Record<string, readonly (number | null)[]>>;

function objects(value: unknown): JsonObject[] {
  return asArray(value)
    .map(asObject)
    .filter((item) => item !== null);
}

function parseLimit(raw: JsonObject): Limit[] {
  const at = asNumber(raw['at']);
  return at === null ? [] : [{ label: asText(raw['label']), at, source: asText(raw['source']) }];
}

export function parseRivers(d: JsonObject): River[] {
  return objects(d['rivers']).map((raw) => {
    const next = asObject(raw['next']);
    const nextAt = asNumber(next?.['at']);
    return {
      code: asText(raw['code']),
      name: asText(raw['name']).normalize('NFC'),
      area: asText(raw['area']),
      at: asTime(raw['at']),
      value: asNumber(raw['value']),
      unit: asText(raw['unit'], 'm'),
      state: asState(raw['state']) ?? 'unknown',
      limits: objects(raw['limits'])
        .flatMap(parseLimit)
        .sort((a, b) => a.at - b.at),
      rateCmH: asNumber(raw['rate_cm_h']),
      next: nextAt === null ? null : { label: asText(next?.['label']), at: nextAt },
      etaMin: asNumber(raw['eta_min']),
      staleAfterS: asNumber(raw['stale_after_s']) ?? 1800,
    };
  });
}

export function parseRain(d: JsonObject): CommuneRain[] {
  return objects(d['communes']).map((raw) => {
    const sensors = asObject(raw['sensors']);
    return {
      area: asText(raw['area']),
      mm1h: asNumber(raw['mm_1h']),
      mm3h: asNumber(raw['mm_3h']),
      mm24h: asNumber(raw['mm_24h']),
      state: asState(raw['state']) ?? 'unknown',
      live: asCount(sensors?.['live']) ?? 0,
      total: asCount(sensors?.['total']) ?? 0,
    };
  });
}

export function parseChanged(d: JsonObject): Changed {
  return {
    minutes: asNumber(d['minutes']) ?? 15,
    received: asCount(d['received']),
    closed: asCount(d['closed']),
    becameOverdue: asCount(d['became_overdue']),
    raised: asCount(d['raised']),
    items: objects(d['items']).flatMap((raw): Change[] => {
      const at = asTime(raw['at']);
      if (at === null) return [];
      return [
        {
          at,
          kind: asText(raw['kind']),
          text: asText(raw['text']).normalize('NFC'),
          area: asText(raw['area']),
          state: asState(raw['state']) ?? 'normal',
          id: asText(raw['id']),
        },
      ];
    }),
  };
}

export function parseTrend(d: JsonObject): Trend {
  const series = asObject(d['series']) ?? {};
  return Object.fromEntries(Object.entries(series).map(([name, values]) => [name, asArray(values).map(asNumber)]));
}
