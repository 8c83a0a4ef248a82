// An alarm and an incident as walls and operators see them. What nobody can do without makes the whole unreadable (null);
// the rest falls back, so that one odd field never hides an alarm.
import { asCount, asNumber, asObject, asObjects, asText, asTexts, asTime, type JsonObject } from './json';
import { asOrigin, type Origin } from './report';

export const alarmPriorities = ['high', 'medium', 'low', 'journal'] as const;
export type AlarmPriority = (typeof alarmPriorities)[number];

export const alarmStates = ['unacked', 'acked', 'cleared', 'closed'] as const;
export type AlarmState = (typeof alarmStates)[number];

/** Why it is kept out of the way; empty when it is not. */
export const asides = ['shelved', 'suppressed', 'out_of_service'] as const;
export type Aside = (typeof asides)[number] | '';

const calloutStates = ['waiting', 'calling', 'taken', 'exhausted'] as const;
export type CalloutState = (typeof calloutStates)[number];

/** How far calling people out of the room has come. */
export interface Callout {
  state: CalloutState;
  step: number;
  /** A role or position, never a person on a wall. */
  to: string;
  at: number | null;
  channel: string;
  result: string;
}

export interface Alarm {
  id: string;
  version: number;
  origin: Origin;
  type: string;
  label: string;
  /** What the target is: sensor, gateway, area or report. */
  source: string;
  target: string;
  name: string;
  priority: AlarmPriority;
  state: AlarmState;
  aside: Aside;
  area: string;
  path: string[];
  lat: number | null;
  lon: number | null;
  value: number | null;
  unit: string;
  limit: string;
  /** By the clock of its readings. */
  raisedAt: number;
  /** When the centre knew: how long nobody has it counts from here. */
  knownAt: number;
  againAt: number | null;
  ackedAt: number | null;
  /** A person's name for colleagues, the word of the role on a wall. */
  ackedBy: string;
  clearedAt: number | null;
  closedAt: number | null;
  /** When a shelf ends by itself. */
  until: number | null;
  asideReason: string;
  silencedUntil: number | null;
  count: number;
  chattering: boolean;
  /** Until when somebody should have taken it. */
  ackBy: number | null;
  stale: boolean;
  /** Of sensor. */
  kind: string;
  cause: string;
  consequence: string;
  response: string;
  responseMinutes: number | null;
  owner: string;
  members: string[];
  incident: string;
  callout: Callout | null;
}

export type IncidentState = 'proposed' | 'open' | 'closed';

export interface Incident {
  id: string;
  version: number;
  origin: Origin;
  code: string;
  title: string;
  kind: string;
  state: IncidentState;
  area: string;
  openedAt: number | null;
  alarms: string[];
  reports: string[];
  tasks: { open: number; done: number };
}

function oneOf<T extends string>(known: readonly T[], value: unknown): T | undefined {
  return known.find((one) => one === value);
}

export function parseAlarm(raw: JsonObject): Alarm | null {
  const id = asText(raw['id']);
  const version = asCount(raw['version']);
  const state = oneOf(alarmStates, raw['state']);
  const raisedAt = asTime(raw['raised_at']);
  if (id === '' || version === null || state === undefined || raisedAt === null) return null;
  return {
    id,
    version,
    origin: asOrigin(raw['origin']),
    type: asText(raw['type']),
    label: asText(raw['label']).normalize('NFC'),
    source: asText(raw['source']),
    target: asText(raw['target']),
    name: asText(raw['target_name'], asText(raw['target'])).normalize('NFC'),
    // A priority this build does not know must not be quieter than it was meant.
    priority: oneOf(alarmPriorities, raw['priority']) ?? 'high',
    state,
    aside: oneOf(asides, raw['aside']) ?? '',
    area: asText(raw['area']),
    path: asTexts(raw['path']),
    lat: asNumber(raw['lat']),
    lon: asNumber(raw['lon']),
    value: asNumber(raw['value']),
    unit: asText(raw['unit']),
    limit: asText(raw['limit']).normalize('NFC'),
    raisedAt,
    knownAt: asTime(raw['known_at']) ?? raisedAt,
    againAt: asTime(raw['again_at']),
    ackedAt: asTime(raw['acked_at']),
    ackedBy: asText(raw['acked_by']).normalize('NFC'),
    clearedAt: asTime(raw['cleared_at']),
    closedAt: asTime(raw['closed_at']),
    until: asTime(raw['until']),
    asideReason: asText(raw['aside_reason']).normalize('NFC'),
    silencedUntil: asTime(raw['silenced_until']),
    count: asCount(raw['count']) ?? 1,
    chattering: raw['chattering'] === true,
    ackBy: asTime(raw['ack_by']),
    stale: raw['stale'] === true,
    kind: asText(raw['kind']),
    cause: asText(raw['cause']).normalize('NFC'),
    consequence: asText(raw['consequence']).normalize('NFC'),
    response: asText(raw['response']).normalize('NFC'),
    responseMinutes: asNumber(raw['response_minutes']),
    owner: asText(raw['owner']),
    members: asTexts(raw['members']),
    incident: asText(raw['incident']),
    callout: parseCallout(asObject(raw['callout'])),
  };
}

function parseCallout(raw: JsonObject | null): Callout | null {
  const state = oneOf(calloutStates, raw?.['state']);
  if (raw === null || state === undefined) return null;
  return {
    state,
    step: asCount(raw['step']) ?? 0,
    to: asText(raw['to']).normalize('NFC'),
    at: asTime(raw['at']),
    channel: asText(raw['channel']),
    result: asText(raw['result']),
  };
}

export function parseIncident(raw: JsonObject): Incident | null {
  const id = asText(raw['id']);
  const version = asCount(raw['version']);
  const state = oneOf(['proposed', 'open', 'closed'] as const, raw['state']);
  if (id === '' || version === null || state === undefined) return null;
  const tasks = asObject(raw['tasks']);
  return {
    id,
    version,
    origin: asOrigin(raw['origin']),
    code: asText(raw['code']),
    title: asText(raw['title']).normalize('NFC'),
    kind: asText(raw['kind']),
    state,
    area: asText(raw['area']),
    openedAt: asTime(raw['opened_at']),
    alarms: asTexts(raw['alarms']),
    reports: asTexts(raw['reports']),
    tasks: { open: asCount(tasks?.['open']) ?? 0, done: asCount(tasks?.['done']) ?? 0 },
  };
}

/** How many alarms of a priority stand in each state. */
export interface AlarmCounts {
  unacked: number;
  acked: number;
  cleared: number;
}

/** The level alarms/summary. */
export interface AlarmSummary {
  high: AlarmCounts;
  medium: AlarmCounts;
  low: AlarmCounts;
  shelved: number;
  suppressed: number;
  outOfService: number;
  stale: number;
  chattering: number;
  rate10m: number | null;
  flood: boolean;
  floodSince: number | null;
  /** How many sensors are silent, with or without a place in the list. */
  silent: number;
  silentSensors: string[];
}

export function parseSummary(d: JsonObject): AlarmSummary {
  const n = (name: string): number => asCount(d[name]) ?? 0;
  const counts = (name: string): AlarmCounts => {
    const raw = asObject(d[name]);
    const of = (state: string): number => asCount(raw?.[state]) ?? 0;
    return { unacked: of('unacked'), acked: of('acked'), cleared: of('cleared') };
  };
  return {
    high: counts('high'),
    medium: counts('medium'),
    low: counts('low'),
    shelved: n('shelved'),
    suppressed: n('suppressed'),
    outOfService: n('out_of_service'),
    stale: n('stale'),
    chattering: n('chattering'),
    rate10m: asNumber(d['rate_10m']),
    flood: d['flood'] === true,
    floodSince: asTime(d['flood_since']),
    silent: n('silent'),
    silentSensors: asTexts(d['silent_sensors']),
  };
}

/** Alarms of one place and probable cause, told as one while there are too many. */
export interface AlarmGroup {
  key: string;
  area: string;
  kind: string;
  label: string;
  priority: AlarmPriority;
  count: number;
  unacked: number;
  newestAt: number | null;
  /** The first of them. */
  ids: string[];
}

export function parseGroups(d: JsonObject): AlarmGroup[] {
  return asObjects(d['groups']).flatMap((raw) => {
    const key = asText(raw['key']);
    const count = asCount(raw['count']);
    if (key === '' || count === null) return [];
    return [
      {
        key,
        area: asText(raw['area']),
        kind: asText(raw['kind']),
        label: asText(raw['label']).normalize('NFC'),
        priority: oneOf(alarmPriorities, raw['priority']) ?? 'medium',
        count,
        unacked: asCount(raw['unacked']) ?? 0,
        newestAt: asTime(raw['newest_at']),
        ids: asTexts(raw['ids']),
      },
    ];
  });
}
