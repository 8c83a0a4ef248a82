// Shifts handed over: what would be told now, and the two signatures.
import { asArray, asCount, asObject, asObjects, asText, asTexts, asTime, type JsonObject } from '../wire/json';
import { get, post } from './request';

export interface HandoverItem {
  id: string;
  label: string;
  place: string;
  at: number | null;
  until: number | null;
  by: string;
  why: string;
}

export interface ContactTest {
  at: number | null;
  asked: number;
  ok: number;
  failed: string[];
}

/** The lists that a handover tells, in the order in which they are read. */
export const matters = [
  'highs',
  'emergencies',
  'incidents',
  'warnings',
  'shelved',
  'out_of_service',
  'silent',
  'overdue',
  'due',
  'drills',
] as const;
export type Matter = (typeof matters)[number];

export interface HandoverContent {
  from: number | null;
  at: number | null;
  next: number | null;
  others: number;
  lists: Record<Matter, HandoverItem[]>;
  /** How many there are of a list that is cut. */
  counts: Record<Matter, number>;
  contact: ContactTest | null;
  raised: Record<'high' | 'medium' | 'low', number>;
  /** Seconds; null when nothing was raised. */
  ackP50: number | null;
  ackP95: number | null;
  received: number;
  closed: number;
}

export interface Told {
  content: HandoverContent;
  /** Sentences to read aloud. */
  spoken: string[];
}

export interface Handover {
  id: string;
  area: string;
  note: string;
  outName: string;
  outAt: number | null;
  inName: string;
  inAt: number | null;
  reply: string;
  mayTake: boolean;
  /** Only of one that was asked for alone. */
  told: Told | null;
}

export async function listHandovers(): Promise<Handover[]> {
  return asObjects((await get('/api/v1/handovers'))['handovers']).map(parseHandover);
}

export async function draftHandover(): Promise<Told> {
  return parseTold(await get('/api/v1/handovers/draft'));
}

export async function readHandover(id: string): Promise<Handover> {
  return parseHandover(await get(path(id)));
}

/** Signs as who leaves. Throws Problem: 409 when one waits already. */
export async function giveShift(note: string): Promise<Handover> {
  return parseHandover(await post('/api/v1/handovers', { note }));
}

/** Signs as who comes. Throws Problem: 403 for whoever gave it, 409 when it is taken. */
export async function takeShift(id: string, reply: string): Promise<Handover> {
  return parseHandover(await post(`${path(id)}/taken`, { reply }));
}

function path(id: string): string {
  return `/api/v1/handovers/${encodeURIComponent(id)}`;
}

function parseHandover(raw: JsonObject): Handover {
  return {
    id: asText(raw['id']),
    area: asText(raw['area']),
    note: asText(raw['note']),
    outName: asText(raw['out_name']),
    outAt: asTime(raw['out_at']),
    inName: asText(raw['in_name']),
    inAt: asTime(raw['in_at']),
    reply: asText(raw['reply']),
    mayTake: raw['may_take'] === true,
    told: raw['content'] === undefined ? null : parseTold(raw),
  };
}

function parseTold(raw: JsonObject): Told {
  return { content: parseContent(asObject(raw['content']) ?? {}), spoken: asTexts(raw['spoken']) };
}

function parseContent(raw: JsonObject): HandoverContent {
  const figures = asObject(raw['figures']) ?? {};
  const raised = asObject(figures['raised']) ?? {};
  const contact = asObject(raw['contact']);
  const lists = {} as Record<Matter, HandoverItem[]>;
  const counts = {} as Record<Matter, number>;
  for (const matter of matters) {
    lists[matter] = asArray(raw[matter]).flatMap((item) => {
      const one = asObject(item);
      return one === null ? [] : [parseItem(one)];
    });
    counts[matter] = asCount(raw[`${matter}_count`]) ?? lists[matter].length;
  }
  return {
    from: asTime(raw['from']),
    at: asTime(raw['at']),
    next: asTime(raw['next']),
    others: asCount(raw['others']) ?? 0,
    lists,
    counts,
    contact:
      contact === null
        ? null
        : {
            at: asTime(contact['at']),
            asked: asCount(contact['asked']) ?? 0,
            ok: asCount(contact['ok']) ?? 0,
            failed: asTexts(contact['failed']),
          },
    raised: {
      high: asCount(raised['high']) ?? 0,
      medium: asCount(raised['medium']) ?? 0,
      low: asCount(raised['low']) ?? 0,
    },
    ackP50: asCount(figures['ack_p50_s']),
    ackP95: asCount(figures['ack_p95_s']),
    received: asCount(figures['received']) ?? 0,
    closed: asCount(figures['closed']) ?? 0,
  };
}

function parseItem(raw: JsonObject): HandoverItem {
  return {
    id: asText(raw['id']),
    label: asText(raw['label']),
    place: asText(raw['place']),
    at: asTime(raw['at']),
    until: asTime(raw['until']),
    by: asText(raw['by']),
    why: asText(raw['why']),
  };
}
