// The registry of sensors: who they are, how they fare, what they measured, and when they are worked on.
import type { Shown } from '../rules/state';
import {
  asArray,
  asCount,
  asNumber,
  asObject,
  asObjects,
  asText,
  asTexts,
  asTime,
  type JsonObject,
} from '../wire/json';
import { parseLineFaults, tableMs, type LineFault, type Taking } from './entries';
import { get, patch, post, remove, send } from './request';

export type Standing = 'active' | 'proposed' | 'retired';

/** A limit. One that no source confirms has no band. */
export interface SensorLimit {
  at: number;
  state: Shown;
  label: string;
  source: string;
  confirmed: boolean;
}

export interface Sensor {
  code: string;
  name: string;
  kind: string;
  unit: string;
  lat: number;
  lon: number;
  area: string;
  areaName: string;
  thing: string;
  field: string;
  gateway: string;
  owner: string;
  standing: Standing;
  sample: boolean;
  origin: string;
  staleAfterS: number;
  staleAuto: boolean;
  /** The limit in force: after it the sensor is silent. */
  silenceAfterS: number;
  /** Usual time between two readings; 0 while it is not known. */
  observedS: number;
  min: number | null;
  max: number | null;
  maxRate: number | null;
  stuckAfterS: number;
  levels: SensorLimit[];
  unconfirmed: string[];
  note: string;
  version: number;
  /** Null while it never spoke. */
  value: number | null;
  at: number | null;
  receivedAt: number | null;
  state: Shown;
  limit: string;
  quality: string[];
  silent: boolean;
  maintenance: boolean;
  /** How it was let in; null when nobody had to. */
  proposal: { key: string; at: number | null; why: string; refused: number; refusedAt: number | null } | null;
}

export interface MaintenanceWindow {
  id: number;
  sensor: string;
  gateway: string;
  from: number;
  until: number;
  reason: string;
  open: boolean;
  ended: boolean;
}

export interface SensorWhole extends Sensor {
  kindName: string;
  ownerName: string;
  windows: MaintenanceWindow[];
  mayManage: boolean;
  mayMaintain: boolean;
}

export interface Kind {
  code: string;
  name: string;
  unit: string;
}

export const steps = ['raw', '5m', '15m', '1h', '6h', 'day'] as const;
export type Step = (typeof steps)[number];

/** A sensor's past in columns of equal length; null where a line would be a lie. */
export interface Series {
  sensor: string;
  name: string;
  unit: string;
  step: Step;
  asked: Step;
  coarser: boolean;
  limits: SensorLimit[];
  unconfirmed: string[];
  t: number[];
  value: (number | null)[];
  min: (number | null)[];
  max: (number | null)[];
  n: number[];
  received: (number | null)[];
  source: number[];
  sources: string[];
  origin: number[];
  origins: string[];
  /** Doubts by Unix seconds. */
  doubts: Map<number, string[]>;
  doubtsSince: number | null;
}

export async function listSensors(): Promise<Sensor[]> {
  return asObjects((await get('/api/v1/sensors?standing=all'))['sensors']).map(parseSensor);
}

export async function fetchSensor(code: string): Promise<SensorWhole> {
  return parseWhole(await get(`/api/v1/sensors/${encodeURIComponent(code)}`));
}

/** Changes what is named. Throws Problem: 409 when somebody else changed it meanwhile, 422 with fields. */
export async function changeSensor(code: string, change: JsonObject): Promise<SensorWhole> {
  return parseWhole(await patch(`/api/v1/sensors/${encodeURIComponent(code)}`, change));
}

export async function listKinds(): Promise<Kind[]> {
  return asObjects((await get('/api/v1/sensor-kinds'))['kinds']).map((item) => ({
    code: asText(item['code']),
    name: asText(item['name']).normalize('NFC'),
    unit: asText(item['unit']),
  }));
}

/** Approves or refuses; answers how many were still waiting. */
export async function decideSensors(
  codes: readonly string[],
  decision: 'approve' | 'refuse',
  why: string,
): Promise<number> {
  const answer = await post('/api/v1/sensor-decisions', {
    codes: [...codes],
    decision,
    why: why.trim().normalize('NFC'),
  });
  return asArray(answer['decided']).length;
}

export interface MaintenanceSettings {
  sensor?: string;
  gateway?: string;
  from: string;
  until: string;
  reason: string;
}

export async function addMaintenance(window: MaintenanceSettings): Promise<void> {
  await post('/api/v1/maintenance', { ...window, reason: window.reason.trim().normalize('NFC') });
}

export function endMaintenance(id: number): Promise<void> {
  return remove(`/api/v1/maintenance/${String(id)}`);
}

export interface SensorTable {
  lines: number;
  accepted: number;
  /** How many of those accepted overwrite a sensor there is. */
  known: number;
  refused: LineFault[];
  omitted: number;
  ignored: string[];
}

/** Sends a table of sensors. Throws Problem: 422 when it is refused as a whole. */
export async function importSensors(table: Blob, taking: Taking): Promise<SensorTable> {
  const query = { dry: '?dry_run=true', whole: '', good: '?skip_bad=true' }[taking];
  const headers = { 'Content-Type': 'text/csv; charset=utf-8', Accept: 'application/json' };
  const raw = await send(`/api/v1/sensor-imports${query}`, { method: 'POST', headers, body: table }, tableMs);
  return {
    lines: asCount(raw['lines']) ?? 0,
    accepted: asCount(raw['accepted']) ?? 0,
    known: asCount(raw['known']) ?? 0,
    refused: parseLineFaults(raw['refused']),
    omitted: asCount(raw['refused_omitted']) ?? 0,
    ignored: asTexts(raw['ignored_columns']),
  };
}

export const sensorsTablePath = '/api/v1/sensors.csv';

export interface SeriesAsk {
  codes: readonly string[];
  from: number;
  to: number;
  step: Step;
}

export function seriesPath({ codes, from, to, step }: SeriesAsk, format: 'json' | 'csv'): string {
  const asked = new URLSearchParams({
    codes: codes.join(','),
    from: new Date(from).toISOString(),
    to: new Date(to).toISOString(),
    step,
    format,
  });
  return `/api/v1/series?${asked.toString()}`;
}

export async function fetchSeries(ask: SeriesAsk, given?: AbortSignal): Promise<Series[]> {
  return asObjects((await get(seriesPath(ask, 'json'), given))['series']).map(parseSeries);
}

const stateOf = (value: unknown): Shown => {
  const word = asText(value);
  return word === 'normal' || word === 'attention' || word === 'warning' || word === 'critical' ? word : 'unknown';
};

function parseLimits(value: unknown): SensorLimit[] {
  return asObjects(value).map((item) => ({
    at: asNumber(item['at']) ?? 0,
    state: stateOf(item['state']),
    label: asText(item['label']).normalize('NFC'),
    source: asText(item['source']).normalize('NFC'),
    confirmed: item['confirmed'] === true,
  }));
}

export function parseSensor(raw: JsonObject): Sensor {
  const standing = asText(raw['standing']);
  const proposal = asObject(raw['proposal']);
  return {
    code: asText(raw['code']),
    name: asText(raw['name']).normalize('NFC'),
    kind: asText(raw['kind']),
    unit: asText(raw['unit']),
    lat: asNumber(raw['lat']) ?? 0,
    lon: asNumber(raw['lon']) ?? 0,
    area: asText(raw['area']),
    areaName: asText(raw['area_name']).normalize('NFC'),
    thing: asText(raw['thing']),
    field: asText(raw['field']),
    gateway: asText(raw['gateway']),
    owner: asText(raw['owner']),
    standing: standing === 'proposed' || standing === 'retired' ? standing : 'active',
    sample: raw['sample'] === true,
    origin: asText(raw['origin']),
    staleAfterS: asNumber(raw['stale_after_s']) ?? 0,
    staleAuto: raw['stale_auto'] === true,
    silenceAfterS: asNumber(raw['silence_after_s']) ?? 0,
    observedS: asNumber(raw['observed_s']) ?? 0,
    min: asNumber(raw['min']),
    max: asNumber(raw['max']),
    maxRate: asNumber(raw['max_rate']),
    stuckAfterS: asNumber(raw['stuck_after_s']) ?? 0,
    levels: parseLimits(raw['levels']),
    unconfirmed: asTexts(raw['unconfirmed']).map((name) => name.normalize('NFC')),
    note: asText(raw['note']).normalize('NFC'),
    version: asCount(raw['version']) ?? 0,
    value: asNumber(raw['value']),
    at: asTime(raw['at']),
    receivedAt: asTime(raw['received_at']),
    state: stateOf(raw['state']),
    limit: asText(raw['limit']).normalize('NFC'),
    quality: asTexts(raw['quality']),
    silent: raw['silent'] === true,
    maintenance: raw['maintenance'] === true,
    proposal:
      proposal === null
        ? null
        : {
            key: asText(proposal['key']),
            at: asTime(proposal['at']),
            why: asText(proposal['why']),
            refused: asCount(proposal['refused']) ?? 0,
            refusedAt: asTime(proposal['refused_at']),
          },
  };
}

function parseWhole(raw: JsonObject): SensorWhole {
  const may = asObject(raw['may']);
  return {
    ...parseSensor(raw),
    kindName: asText(raw['kind_name']).normalize('NFC'),
    ownerName: asText(raw['owner_name']).normalize('NFC'),
    windows: asObjects(raw['windows']).map((item) => ({
      id: asCount(item['id']) ?? 0,
      sensor: asText(item['sensor']),
      gateway: asText(item['gateway']),
      from: asTime(item['from']) ?? 0,
      until: asTime(item['until']) ?? 0,
      reason: asText(item['reason']).normalize('NFC'),
      open: item['open'] === true,
      ended: item['ended'] === true,
    })),
    mayManage: may?.['manage'] === true,
    mayMaintain: may?.['maintain'] === true,
  };
}

export function parseSeries(raw: JsonObject): Series {
  const step = (value: unknown): Step => steps.find((name) => name === value) ?? '5m';
  const numbers = (name: string): (number | null)[] => asArray(raw[name]).map(asNumber);
  const places = (name: string): number[] => numbers(name).map((n) => n ?? -1);
  return {
    sensor: asText(raw['sensor']),
    name: asText(raw['name']).normalize('NFC'),
    unit: asText(raw['unit']),
    step: step(raw['step']),
    asked: step(raw['asked']),
    coarser: raw['coarser'] === true,
    limits: parseLimits(raw['limits']),
    unconfirmed: asTexts(raw['unconfirmed']),
    t: numbers('t').map((t) => t ?? 0),
    value: numbers('value'),
    min: numbers('min'),
    max: numbers('max'),
    n: numbers('n').map((n) => n ?? 0),
    received: numbers('received'),
    source: places('source'),
    sources: asTexts(raw['sources']),
    origin: places('origin'),
    origins: asTexts(raw['origins']),
    doubts: new Map(asObjects(raw['doubts']).map((item) => [asNumber(item['t']) ?? 0, asTexts(item['quality'])])),
    doubtsSince: asTime(raw['doubts_since']),
  };
}
