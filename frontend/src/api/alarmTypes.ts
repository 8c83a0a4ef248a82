// The types of alarms: when one is raised and what is to be done about it.
import { asCount, asNumber, asObject, asObjects, asText, asTexts, asTime, type JsonObject } from '../wire/json';
import { alarmPriorities, type AlarmPriority } from '../wire/alarm';
import { get, post, put } from './request';

export const conditionClasses = ['level', 'limit', 'rate', 'absence', 'joint', 'report'] as const;
export type ConditionClass = (typeof conditionClasses)[number];

/** When a type holds; which fields count depends on the class. */
export interface Condition {
  class: ConditionClass;
  kinds: string[];
  area: string;
  sensors: string[];
  state: string;
  limit: number;
  below: boolean;
  /** In units of measure; null leaves it to the share. */
  deadBand: number | null;
  deadBandShare: number | null;
  onDelayS: number;
  offDelayS: number;
  overS: number;
  level: string;
  /** Of a joint rule, as the server has them: they are not edited here. */
  parts: readonly JsonObject[];
}

/** What of a type can be set. */
export interface TypeSettings {
  label: string;
  source: string;
  priority: AlarmPriority;
  cause: string;
  consequence: string;
  response: string;
  responseMinutes: number;
  owner: string;
  /** Positions of the roster, in the order in which they are called. */
  callList: string[];
  condition: Condition;
}

export interface AlarmType extends TypeSettings {
  code: string;
  version: number;
  enabled: boolean;
  sample: boolean;
  /** The fields it lacks to be enabled. */
  missing: string[];
  changedAt: number | null;
  changedBy: string;
  why: string;
}

export async function listTypes(): Promise<AlarmType[]> {
  return asObjects((await get('/api/v1/alarm-types'))['types']).map(parseType);
}

/** Keeps a type as another version. Throws Problem: 409 when it has changed, 422 with fields. */
export async function saveType(code: string, version: number, settings: TypeSettings, why: string): Promise<AlarmType> {
  const { condition: c } = settings;
  return parseType(
    await put(path(code), {
      version,
      why: why.normalize('NFC'),
      label: settings.label.normalize('NFC'),
      source: settings.source,
      priority: settings.priority,
      cause: settings.cause.normalize('NFC'),
      consequence: settings.consequence.normalize('NFC'),
      response: settings.response.normalize('NFC'),
      response_minutes: settings.responseMinutes,
      owner: settings.owner,
      call_list: settings.callList,
      condition: {
        class: c.class,
        kinds: c.kinds,
        area: c.area,
        sensors: c.sensors,
        state: c.state,
        limit: c.limit,
        below: c.below,
        dead_band: c.deadBand,
        dead_band_share: c.deadBandShare,
        on_delay_s: c.onDelayS,
        off_delay_s: c.offDelayS,
        over_s: c.overS,
        level: c.level,
        parts: c.parts,
      },
    }),
  );
}

/** Throws Problem: 422 that names each field it lacks. */
export async function setEnabled({ code, version }: AlarmType, on: boolean, why: string): Promise<AlarmType> {
  return parseType(await post(`${path(code)}/${on ? 'enable' : 'disable'}`, { version, why: why.normalize('NFC') }));
}

function path(code: string): string {
  return `/api/v1/alarm-types/${encodeURIComponent(code)}`;
}

function parseType(raw: JsonObject): AlarmType {
  return {
    code: asText(raw['code']),
    version: asCount(raw['version']) ?? 0,
    enabled: raw['enabled'] === true,
    sample: raw['sample'] === true,
    missing: asTexts(raw['missing']),
    changedAt: asTime(raw['changed_at']),
    changedBy: asText(raw['changed_by']).normalize('NFC'),
    why: asText(raw['why']).normalize('NFC'),
    label: asText(raw['label']).normalize('NFC'),
    source: asText(raw['source']),
    priority: alarmPriorities.find((priority) => priority === raw['priority']) ?? 'low',
    cause: asText(raw['cause']).normalize('NFC'),
    consequence: asText(raw['consequence']).normalize('NFC'),
    response: asText(raw['response']).normalize('NFC'),
    responseMinutes: asNumber(raw['response_minutes']) ?? 0,
    owner: asText(raw['owner']),
    callList: asTexts(raw['call_list']),
    condition: parseCondition(asObject(raw['condition']) ?? {}),
  };
}

function parseCondition(raw: JsonObject): Condition {
  return {
    class: conditionClasses.find((name) => name === raw['class']) ?? 'limit',
    kinds: asTexts(raw['kinds']),
    area: asText(raw['area']),
    sensors: asTexts(raw['sensors']),
    state: asText(raw['state']),
    limit: asNumber(raw['limit']) ?? 0,
    below: raw['below'] === true,
    deadBand: asNumber(raw['dead_band']),
    deadBandShare: asNumber(raw['dead_band_share']),
    onDelayS: asNumber(raw['on_delay_s']) ?? 0,
    offDelayS: asNumber(raw['off_delay_s']) ?? 0,
    overS: asNumber(raw['over_s']) ?? 0,
    level: asText(raw['level']),
    parts: asObjects(raw['parts']),
  };
}
