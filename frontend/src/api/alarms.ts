// Alarms at the desk: the list, one with its timeline, and what may be done.
import { parseAlarm, type Alarm } from '../wire/alarm';
import { asCount, asNumber, asObjects, asText, asTime, type JsonObject } from '../wire/json';
import { get, post } from './request';

export const alarmActs = [
  'ack',
  'silence',
  'unsilence',
  'shelve',
  'unshelve',
  'suppress',
  'unsuppress',
  'out_of_service',
  'in_service',
  'comment',
  'close_stale',
] as const;
export type AlarmAct = (typeof alarmActs)[number];

/** A line of an alarm's timeline. */
export interface AlarmEntry {
  n: number;
  at: number;
  act: string;
  /** Shared by the alarms of one act on a group. */
  actId: string;
  from: string;
  to: string;
  actor: string;
  role: string;
  reason: string;
  text: string;
  value: number | null;
  until: number | null;
}

/** One try to reach somebody outside the room. */
export interface CalloutAttempt {
  at: number | null;
  step: number;
  position: string;
  name: string;
  channel: string;
  result: string;
  reason: string;
}

export interface AlarmDetail {
  alarm: Alarm;
  entries: AlarmEntry[];
  attempts: CalloutAttempt[];
}

export interface AlarmPage {
  alarms: Alarm[];
  /** The cursor of the next page; empty at the end. */
  next: string;
}

/** A page of alarms, newest first. Throws Problem or Unreachable. */
export async function fetchAlarms(
  filter: Readonly<Record<string, string>>,
  page: { cursor: string; limit: number },
  given?: AbortSignal,
): Promise<AlarmPage> {
  const search = new URLSearchParams(Object.entries(filter).filter(([, value]) => value !== ''));
  search.set('limit', String(page.limit));
  if (page.cursor !== '') search.set('cursor', page.cursor);
  const raw = await get(`/api/v1/alarms?${search.toString()}`, given);
  return { alarms: asObjects(raw['alarms']).flatMap((item) => parseAlarm(item) ?? []), next: asText(raw['next']) };
}

/** Throws Problem: 404 when there is none that this person may see. */
export async function fetchAlarm(id: string): Promise<AlarmDetail | null> {
  const raw = await get(path(id));
  const alarm = parseAlarm(raw);
  if (alarm === null) return null;
  return {
    alarm,
    entries: asObjects(raw['entries']).flatMap(parseEntry),
    attempts: asObjects(raw['attempts']).map(parseAttempt),
  };
}

/** What an act says beside its name. */
export interface ActWords {
  minutes?: number;
  reason?: string;
  text?: string;
}

/** Does something with an alarm as it was seen. Throws Problem: 409 when it has changed, 422 with fields. */
export async function actOnAlarm(
  { id, version }: Pick<Alarm, 'id' | 'version'>,
  act: AlarmAct,
  words: ActWords = {},
): Promise<Alarm | null> {
  const { reason, text, minutes } = words;
  return parseAlarm(
    await post(`${path(id)}/acts`, {
      act,
      version,
      ...(minutes === undefined ? {} : { minutes }),
      ...(reason === undefined ? {} : { reason: reason.normalize('NFC') }),
      ...(text === undefined ? {} : { text: text.normalize('NFC') }),
    }),
  );
}

/** The server takes so many of one group at once. */
export const mostInGroup = 200;

/** What became of an act on a group. */
export interface GroupAnswer {
  done: number;
  refused: number;
  /** Why the first of those that were refused was. */
  why: string;
}

/** Takes the named alarms of one group in one act. Throws Problem: 422 when they are none. */
export async function ackGroup(ids: readonly string[], label: string): Promise<GroupAnswer> {
  const raw = await post('/api/v1/alarms/group-acts', { act: 'ack', ids, label: label.normalize('NFC') });
  const why = asObjects(raw['items']).find((item) => item['done'] !== true)?.['detail'];
  return { done: asCount(raw['done']) ?? 0, refused: asCount(raw['refused']) ?? 0, why: asText(why) };
}

function path(id: string): string {
  return `/api/v1/alarms/${encodeURIComponent(id)}`;
}

function parseEntry(raw: JsonObject): AlarmEntry[] {
  const at = asTime(raw['at']);
  if (at === null) return [];
  return [
    {
      n: asCount(raw['n']) ?? 0,
      at,
      act: asText(raw['act']),
      actId: asText(raw['act_id']),
      from: asText(raw['from']),
      to: asText(raw['to']),
      actor: asText(raw['actor']).normalize('NFC'),
      role: asText(raw['role']),
      reason: asText(raw['reason']).normalize('NFC'),
      text: asText(raw['text']).normalize('NFC'),
      value: asNumber(raw['value']),
      until: asTime(raw['until']),
    },
  ];
}

function parseAttempt(raw: JsonObject): CalloutAttempt {
  return {
    at: asTime(raw['at']),
    step: asCount(raw['step']) ?? 0,
    position: asText(raw['position']),
    name: asText(raw['name']).normalize('NFC'),
    channel: asText(raw['channel']),
    result: asText(raw['result']),
    reason: asText(raw['reason']).normalize('NFC'),
  };
}
