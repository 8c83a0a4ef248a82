// Incidents: what is one happening among alarms and reports, what was done about it, and the tasks of units in it.
import { asCount, asObject, asObjects, asText, asTexts, asTime, type JsonObject } from '../wire/json';
import { get, post, postOnce, send } from './request';

export type IncidentState = 'proposed' | 'open' | 'closed' | 'dismissed';

export interface IncidentRow {
  id: string;
  code: string;
  version: number;
  origin: string;
  state: IncidentState;
  title: string;
  kindLabel: string;
  stateLabel: string;
  areaName: string;
  byRule: boolean;
  firstAt: number | null;
  lastAt: number | null;
  openedAt: number | null;
  closedAt: number | null;
  commander: string;
  reason: string;
  closing: string;
  alarms: number;
  reports: number;
  tasksOpen: number;
  tasksDone: number;
}

export interface LogLine {
  n: number;
  at: number | null;
  act: string;
  label: string;
  by: string;
  as: string;
  text: string;
  reason: string;
  unit: string;
  person: string;
  attachment: string;
  things: number;
  told: { reports: number; mails: number; left: number } | null;
}

/** What becomes of a task: seen, done, or not wanted any more. */
export type TaskAct = 'ack' | 'done' | 'cancel';
export type TaskState = 'given' | 'acked' | 'done' | 'cancelled';

export interface Task {
  id: string;
  n: number;
  version: number;
  state: TaskState;
  text: string;
  unitName: string;
  due: number | null;
  givenAt: number | null;
  givenBy: string;
  ackedAt: number | null;
  ackedBy: string;
  endedAt: number | null;
  endedBy: string;
  result: string;
}

/** A task with as much of its incident as the staff of a unit may know. */
export interface GivenTask extends Task {
  may: boolean;
  code: string;
  title: string;
  origin: string;
  areaName: string;
}

export interface AlarmOf {
  id: string;
  label: string;
  name: string;
  priority: string;
  state: string;
  raisedAt: number | null;
  value: number | null;
  unit: string;
  limit: string;
}

export interface ReportOf {
  id: string;
  code: string;
  category: string;
  status: string;
  state: string;
  emergency: boolean;
  receivedAt: number | null;
  summary: string;
}

export interface Things {
  alarms: AlarmOf[];
  reports: ReportOf[];
  hidden: number;
}

export interface Attachment {
  id: string;
  name: string;
  bytes: number;
  path: string;
}

export interface Commander {
  id: string;
  name: string;
  as: string;
}

export interface IncidentPage {
  incident: IncidentRow;
  log: LogLine[];
  tasks: Task[];
  things: Things;
  near: Things;
  attachments: Attachment[];
  allowed: ReadonlySet<string>;
  commanders: Commander[];
}

export interface Preview {
  text: string;
  hidden: number;
  reports: number;
}

const base = '/api/v1/incidents';
const pathOf = (id: string, rest = ''): string => `${base}/${encodeURIComponent(id)}${rest}`;
const tidy = (text: string): string => text.trim().normalize('NFC');

/** The address of what is taken of an incident. */
export const evidencePath = (id: string): string => pathOf(id, '/evidence.zip');

export async function listIncidents(states: readonly IncidentState[]): Promise<IncidentRow[]> {
  return asObjects((await get(`${base}?state=${states.join(',')}&limit=200`))['incidents']).map(parseIncidentRow);
}

export async function fetchIncident(id: string): Promise<IncidentPage> {
  return parsePage(await get(pathOf(id)));
}

/** Does an act that is words and choices. Throws Problem: 409 when somebody was faster, 422 with fields. */
export async function actOnIncident(id: string, act: JsonObject, key: string): Promise<void> {
  await postOnce(pathOf(id, '/acts'), act, key);
}

export async function giveTask(
  id: string,
  task: { unit: string; text: string; due: string },
  key: string,
): Promise<void> {
  const due = task.due === '' ? {} : { due: new Date(task.due).toISOString() };
  await postOnce(pathOf(id, '/tasks'), { unit: task.unit, text: tidy(task.text), ...due }, key);
}

/** Tells the senders of all reports of an incident; throws Problem 409 when it has changed: nobody is told twice. */
export async function updateReporters(id: string, text: string, version: number): Promise<void> {
  await post(pathOf(id, '/update-reporters'), { text: tidy(text), version });
}

export async function previewUpdate(id: string, text: string, version: number): Promise<Preview> {
  const raw = await post(pathOf(id, '/update-reporters'), { text: tidy(text), version, preview: true });
  return { text: asText(raw['text']), hidden: asCount(raw['hidden']) ?? 0, reports: asCount(raw['reports']) ?? 0 };
}

const attachMs = 60_000;

export async function attach(id: string, file: File, key: string): Promise<void> {
  await send(
    pathOf(id, `/attachments?name=${encodeURIComponent(file.name.normalize('NFC'))}`),
    { method: 'POST', headers: { 'Content-Type': 'application/octet-stream', 'Idempotency-Key': key }, body: file },
    attachMs,
  );
}

/** Puts chosen reports together by hand and opens the incident; returns its id. Throws Problem 409 when one belongs to another. */
export async function makeIncident(reports: readonly string[]): Promise<string> {
  const raw = await post(base, { reports: [...reports], open: true });
  return asText(asObject(raw['incident'])?.['id']);
}

export async function listTasks(running: boolean): Promise<GivenTask[]> {
  return asObjects((await get(`/api/v1/tasks?running=${String(running)}&limit=100`))['tasks']).map(parseGiven);
}

/** Answers a task: seen, done, or not wanted any more. Throws Problem: 409 when somebody was faster. */
export async function answerTask(task: Pick<Task, 'id' | 'version'>, act: TaskAct, words: string): Promise<void> {
  const said = act === 'done' ? { text: tidy(words) } : act === 'cancel' ? { reason: tidy(words) } : {};
  await post(`/api/v1/tasks/${encodeURIComponent(task.id)}/acts`, { act, version: task.version, ...said });
}

export function parseIncidentRow(raw: JsonObject): IncidentRow {
  const tasks = asObject(raw['tasks']);
  return {
    id: asText(raw['id']),
    code: asText(raw['code']),
    version: asCount(raw['version']) ?? 0,
    origin: asText(raw['origin']),
    state: asState(raw['state']),
    title: asText(raw['title']).normalize('NFC'),
    kindLabel: asText(raw['kind_label']),
    stateLabel: asText(raw['state_label']),
    areaName: asText(raw['area_name']).normalize('NFC'),
    byRule: raw['by_rule'] === true,
    firstAt: asTime(raw['first_at']),
    lastAt: asTime(raw['last_at']),
    openedAt: asTime(raw['opened_at']),
    closedAt: asTime(raw['closed_at']),
    commander: asText(raw['commander']).normalize('NFC'),
    reason: asText(raw['reason']).normalize('NFC'),
    closing: asText(raw['closing']).normalize('NFC'),
    alarms: asTexts(raw['alarms']).length,
    reports: asTexts(raw['reports']).length,
    tasksOpen: asCount(tasks?.['open']) ?? 0,
    tasksDone: asCount(tasks?.['done']) ?? 0,
  };
}

function asState(value: unknown): IncidentState {
  return (['proposed', 'open', 'dismissed'] as const).find((state) => state === value) ?? 'closed';
}

function parsePage(raw: JsonObject): IncidentPage {
  const incident = parseIncidentRow(asObject(raw['incident']) ?? {});
  return {
    incident,
    log: asObjects(raw['log']).map(parseLine),
    tasks: asObjects(raw['tasks']).map(parseTask),
    things: parseThings(asObject(raw['things']) ?? {}),
    near: parseThings(asObject(raw['near']) ?? {}),
    attachments: asObjects(raw['attachments']).map((item) => ({
      id: asText(item['id']),
      name: asText(item['name']).normalize('NFC'),
      bytes: asCount(item['bytes']) ?? 0,
      path: pathOf(incident.id, `/attachments/${encodeURIComponent(asText(item['id']))}`),
    })),
    allowed: new Set(asTexts(raw['allowed'])),
    commanders: asObjects(raw['commanders']).map((item) => ({
      id: asText(item['id']),
      name: asText(item['name']).normalize('NFC'),
      as: asText(item['as']),
    })),
  };
}

function parseLine(raw: JsonObject): LogLine {
  const detail = asObject(raw['detail']) ?? {};
  const told = asObject(detail['told']);
  return {
    n: asCount(raw['n']) ?? 0,
    at: asTime(raw['at']),
    act: asText(raw['act']),
    label: asText(raw['label']),
    by: asText(raw['by']).normalize('NFC'),
    as: asText(raw['as']),
    text: asText(raw['text']).normalize('NFC'),
    reason: asText(raw['reason']).normalize('NFC'),
    unit: asText(detail['unit']),
    person: asText(asObject(detail['person'])?.['name']).normalize('NFC'),
    attachment: asText(asObject(detail['attachment'])?.['name']).normalize('NFC'),
    things: asObjects(detail['things']).length,
    told:
      told === null
        ? null
        : {
            reports: asCount(told['reports']) ?? 0,
            mails: asCount(told['mails']) ?? 0,
            left: asCount(told['left']) ?? 0,
          },
  };
}

function parseTask(raw: JsonObject): Task {
  return {
    id: asText(raw['id']),
    n: asCount(raw['n']) ?? 0,
    version: asCount(raw['version']) ?? 0,
    state: (['given', 'acked', 'done'] as const).find((state) => state === raw['state']) ?? 'cancelled',
    text: asText(raw['text']).normalize('NFC'),
    unitName: asText(raw['unit_name']).normalize('NFC'),
    due: asTime(raw['due']),
    givenAt: asTime(raw['given_at']),
    givenBy: asText(raw['given_by']).normalize('NFC'),
    ackedAt: asTime(raw['acked_at']),
    ackedBy: asText(raw['acked_by']).normalize('NFC'),
    endedAt: asTime(raw['ended_at']),
    endedBy: asText(raw['ended_by']).normalize('NFC'),
    result: asText(raw['result']).normalize('NFC'),
  };
}

function parseGiven(raw: JsonObject): GivenTask {
  const of = asObject(raw['incident']);
  return {
    ...parseTask(raw),
    may: raw['may'] === true,
    code: asText(of?.['code']),
    title: asText(of?.['title']).normalize('NFC'),
    origin: asText(of?.['origin']),
    areaName: asText(raw['area_name']).normalize('NFC'),
  };
}

function parseThings(raw: JsonObject): Things {
  return {
    alarms: asObjects(raw['alarms']).map((item) => ({
      id: asText(item['id']),
      label: asText(item['label']).normalize('NFC'),
      name: asText(item['target_name']).normalize('NFC'),
      priority: asText(item['priority']),
      state: asText(item['state']),
      raisedAt: asTime(item['raised_at']),
      value: typeof item['value'] === 'number' ? item['value'] : null,
      unit: asText(item['unit']),
      limit: asText(item['limit']),
    })),
    reports: asObjects(raw['reports']).map((item) => ({
      id: asText(item['id']),
      code: asText(item['code']),
      category: asText(item['category']),
      status: asText(item['status']),
      state: asText(item['state']),
      emergency: item['emergency'] === true,
      receivedAt: asTime(item['received_at']),
      summary: asText(item['summary']).normalize('NFC'),
    })),
    hidden: asCount(raw['hidden']) ?? 0,
  };
}
