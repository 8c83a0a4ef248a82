// What those who work on one report tell each other: notes, who is there, who is writing; and the texts they begin with.
import { asCount, asObject, asObjects, asText, asTime, type JsonObject } from '../wire/json';
import type { Present } from '../wire/queue';
import { reportPath } from './reports';
import { get, post, postOnce, put, send } from './request';

export interface Note {
  n: number;
  text: string;
  by: string;
  at: number | null;
}

/** Who has a report open, and who writes in it. */
export interface Attendance {
  people: (Present & { own: boolean })[];
  /** Own only on the very page that writes. Null when nobody does. */
  lock: (Present & { own: boolean }) | null;
  /** When all of it is over unless it is said again, by the server's clock. */
  until: number;
}

export interface Template {
  id: string;
  name: string;
  text: string;
}

/** What a text becomes before the public sees it. */
export interface Redaction {
  text: string;
  hidden: number;
}

/** Oldest first. Asked for by the page on its own, it keeps no idle session alive. */
export async function listNotes(report: string): Promise<Note[]> {
  return asObjects((await send(reportPath(report, '/notes'), idly('GET')))['notes']).map(parseNote);
}

export async function addNote(report: string, text: string, key: string): Promise<Note> {
  return parseNote(await postOnce(reportPath(report, '/notes'), { text: text.normalize('NFC') }, key));
}

/** Says that this page has a report open, whether somebody writes in it, and whether it takes over from who does. */
export async function attend(
  report: string,
  page: string,
  how: { typing: boolean; take: boolean },
): Promise<Attendance> {
  const path = reportPath(report, '/presence');
  const body: JsonObject = { page, typing: how.typing || how.take, take: how.take };
  const raw = how.typing || how.take ? await put(path, body) : await send(path, idly('PUT', body));
  const lock = asObject(raw['lock']);
  return {
    people: asObjects(raw['people']).map(parseOwn),
    lock: lock === null ? null : parseOwn(lock),
    until: asTime(raw['until']) ?? 0,
  };
}

/** Says that this page left; nobody waits for the answer, for the page may be going. */
export function leave(report: string, page: string): void {
  const path = `${reportPath(report, '/presence')}?page=${encodeURIComponent(page)}`;
  void send(path, { ...idly('DELETE'), keepalive: true }).catch(() => undefined);
}

export async function listTemplates(report: string, act: string): Promise<Template[]> {
  const raw = await get(reportPath(report, `/templates?act=${encodeURIComponent(act)}`));
  return asObjects(raw['templates']).map((item) => ({
    id: asText(item['id']),
    name: asText(item['name']).normalize('NFC'),
    text: asText(item['text']).normalize('NFC'),
  }));
}

export async function redact(text: string): Promise<Redaction> {
  const raw = await post('/api/v1/redactions', { text: text.normalize('NFC') });
  return { text: asText(raw['text']), hidden: asCount(raw['hidden']) ?? 0 };
}

function idly(method: string, body?: JsonObject): RequestInit {
  const headers = { Accept: 'application/json', 'X-Toancanh-Idle': '1' };
  if (body === undefined) return { method, headers };
  return { method, headers: { ...headers, 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
}

function parseNote(raw: JsonObject): Note {
  return {
    n: asCount(raw['n']) ?? 0,
    text: asText(raw['text']).normalize('NFC'),
    by: asText(asObject(raw['by'])?.['name']).normalize('NFC'),
    at: asTime(raw['at']),
  };
}

function parseOwn(raw: JsonObject): Present & { own: boolean } {
  return {
    id: asText(raw['id']),
    name: asText(raw['name']),
    since: asTime(raw['since']),
    own: raw['own'] === true,
  };
}
