// Exercises: planning one, following it, ending it, and how the room did.
import { asCount, asNumber, asObject, asObjects, asText, asTime, type JsonObject } from '../wire/json';
import { get, post } from './request';

export type DrillState = 'planned' | 'running' | 'ended' | 'cancelled';

export interface Scenario {
  code: string;
  title: string;
  about: string;
  minutes: number;
  sensors: number;
  reports: number;
}

export interface DrillLine {
  code: string;
  met: number;
  of: number;
  /** Seconds; null where nothing was answered. */
  p50: number | null;
  worst: number | null;
  target: number;
}

export interface Judged {
  id: string;
  label: string;
  at: number | null;
  seconds: number | null;
  target: number;
  met: boolean;
}

export interface Debrief {
  lines: DrillLine[];
  alarms: Judged[];
  reports: Judged[];
  unplayed: number;
}

export interface Drill {
  id: string;
  scenario: string;
  title: string;
  area: string;
  speed: number;
  note: string;
  state: DrillState;
  startsAt: number | null;
  endedAt: number | null;
  /** Of a running one: when it ends by itself. */
  endsAt: number | null;
  deeds: number;
  played: number;
  problem: string;
  score: number | null;
  /** Only of one that was asked for alone. */
  debrief: Debrief | null;
  mayHold: boolean;
}

export interface DrillPlan {
  scenario: string;
  title: string;
  area: string;
  speed: number;
  note: string;
  /** RFC 3339; null for now. */
  startsAt: string | null;
}

export async function listDrills(): Promise<{ drills: Drill[]; scenarios: Scenario[] }> {
  const raw = await get('/api/v1/drills');
  return {
    drills: asObjects(raw['drills']).map(parseDrill),
    scenarios: asObjects(raw['scenarios']).map(parseScenario),
  };
}

export async function readDrill(id: string): Promise<Drill> {
  return parseDrill(await get(path(id)));
}

/** Throws Problem: 422 with fields, also when nobody in the area can play a role. */
export async function planDrill({ scenario, title, area, speed, note, startsAt }: DrillPlan): Promise<Drill> {
  const body = { scenario, title, area, speed, note };
  return parseDrill(await post('/api/v1/drills', startsAt === null ? body : { ...body, starts_at: startsAt }));
}

/** Ends a running drill, or calls a planned one off. */
export async function endDrill(id: string): Promise<Drill> {
  return parseDrill(await post(`${path(id)}/end`, {}));
}

function path(id: string): string {
  return `/api/v1/drills/${encodeURIComponent(id)}`;
}

function parseScenario(raw: JsonObject): Scenario {
  return {
    code: asText(raw['code']),
    title: asText(raw['title']),
    about: asText(raw['about']),
    minutes: asCount(raw['minutes']) ?? 0,
    sensors: asCount(raw['sensors']) ?? 0,
    reports: asCount(raw['reports']) ?? 0,
  };
}

const states: readonly DrillState[] = ['planned', 'running', 'ended', 'cancelled'];

function parseDrill(raw: JsonObject): Drill {
  const debrief = asObject(raw['debrief']);
  return {
    id: asText(raw['id']),
    scenario: asText(raw['scenario']),
    title: asText(raw['title']),
    area: asText(raw['area']),
    speed: asNumber(raw['speed']) ?? 1,
    note: asText(raw['note']),
    state: states.find((state) => state === raw['state']) ?? 'ended',
    startsAt: asTime(raw['starts_at']),
    endedAt: asTime(raw['ended_at']),
    endsAt: asTime(raw['ends_at']),
    deeds: asCount(raw['deeds']) ?? 0,
    played: asCount(raw['played']) ?? 0,
    problem: asText(raw['problem']),
    score: asCount(raw['score']),
    debrief: debrief === null ? null : parseDebrief(debrief),
    mayHold: raw['may_hold'] === true,
  };
}

function parseDebrief(raw: JsonObject): Debrief {
  return {
    lines: asObjects(raw['lines']).map((line) => ({
      code: asText(line['code']),
      met: asCount(line['met']) ?? 0,
      of: asCount(line['of']) ?? 0,
      p50: asCount(line['p50_s']),
      worst: asCount(line['worst_s']),
      target: asCount(line['target_s']) ?? 0,
    })),
    alarms: asObjects(raw['alarms']).map(parseJudged),
    reports: asObjects(raw['reports']).map(parseJudged),
    unplayed: asCount(raw['unplayed']) ?? 0,
  };
}

function parseJudged(raw: JsonObject): Judged {
  return {
    id: asText(raw['id']),
    label: asText(raw['label']),
    at: asTime(raw['at']),
    seconds: asCount(raw['seconds']),
    target: asCount(raw['target_s']) ?? 0,
    met: raw['met'] === true,
  };
}
