// The sealed contacts of senders: who may see one, why, and who has.
import { asArray, asCount, asObject, asText, asTime, type JsonObject } from '../wire/json';
import { get, post, send } from './request';

export interface Contact {
  name: string;
  phone: string;
  email: string;
}

export type CallbackState = 'waiting' | 'confirmed' | 'shown' | 'refused' | 'expired';

/** An emergency call-back: one asks, another confirms, then the first sees the number, once. */
export interface Callback {
  id: string;
  reportId: string;
  reportCode: string;
  requester: string;
  confirmer: string;
  /** The code of a reason. */
  reason: string;
  state: CallbackState;
  endsAt: number | null;
  /** Asked for by this person. */
  own: boolean;
}

/** A reason of the house's list; the label is Vietnamese. */
export interface CallbackReason {
  code: string;
  label: string;
}

export interface Callbacks {
  callbacks: Callback[];
  reasons: CallbackReason[];
}

/** One time that somebody was shown a contact. */
export interface Reveal {
  id: string;
  at: number | null;
  reportCode: string;
  person: string;
  personId: string;
  callback: boolean;
  reason: string;
  confirmer: string;
  seenAt: number | null;
  seenBy: string;
}

/** How often a person was shown a contact. */
export interface RevealCount {
  personId: string;
  person: string;
  day: number;
  month: number;
  unseen: number;
}

export interface RevealPage {
  reveals: Reveal[];
  counts: RevealCount[];
  /** The cursor of the next page; empty at the end. */
  next: string;
}

/** Shows the contact of a report's sender, once. Throws Problem: 403, 409 when there is none, 429 after too many. */
export async function revealContact(reportId: string, reason: string): Promise<Contact> {
  const raw = asObject(
    (await post(`/api/v1/reports/${encodeURIComponent(reportId)}/contact`, { reason: reason.normalize('NFC') }))[
      'contact'
    ],
  );
  return { name: asText(raw?.['name']), phone: asText(raw?.['phone']), email: asText(raw?.['email']) };
}

/** Asked for by the page on its own: it keeps no idle session alive. */
export async function listCallbacks(): Promise<Callbacks> {
  const raw = await send('/api/v1/callbacks', { headers: { Accept: 'application/json', 'X-Toancanh-Idle': '1' } });
  return {
    callbacks: objects(raw['callbacks']).map(parseCallback),
    reasons: objects(raw['reasons']).map((item) => ({
      code: asText(item['code']),
      label: asText(item['label']).normalize('NFC'),
    })),
  };
}

/** Throws Problem: 409 when the report is not urgent, has no number or a call-back is open. */
export async function askCallback(reportId: string, reason: string): Promise<Callback> {
  return parseCallback(await post(`/api/v1/reports/${encodeURIComponent(reportId)}/callbacks`, { reason }));
}

export async function confirmCallback(id: string): Promise<void> {
  await post(`${path(id)}/confirmation`, {});
}

/** Ends a call-back that another asked for, or takes one's own back. */
export async function refuseCallback(id: string): Promise<void> {
  await post(`${path(id)}/refusal`, {});
}

/** Shows the number, once, for so many seconds. */
export async function showNumber(id: string): Promise<{ phone: string; seconds: number }> {
  const raw = await post(`${path(id)}/number`, {});
  return { phone: asText(raw['phone']), seconds: asCount(raw['visible_s']) ?? 0 };
}

export async function listReveals(
  filter: { person: string; seen: '' | 'true' | 'false' },
  cursor: string,
): Promise<RevealPage> {
  const search = new URLSearchParams({ limit: '50' });
  for (const [name, value] of Object.entries({ ...filter, cursor })) if (value !== '') search.set(name, value);
  const raw = await get(`/api/v1/reveals?${search.toString()}`);
  return {
    reveals: objects(raw['reveals']).map(parseReveal),
    counts: objects(raw['counts']).map((item) => ({
      personId: asText(asObject(item['person'])?.['id']),
      person: nameOf(item['person']),
      day: asCount(item['day']) ?? 0,
      month: asCount(item['month']) ?? 0,
      unseen: asCount(item['unseen']) ?? 0,
    })),
    next: asText(raw['next']),
  };
}

export async function seeReveal(id: string): Promise<void> {
  await post(`/api/v1/reveals/${encodeURIComponent(id)}/seen`, {});
}

function path(id: string): string {
  return `/api/v1/callbacks/${encodeURIComponent(id)}`;
}

function objects(value: unknown): JsonObject[] {
  return asArray(value).flatMap((item) => {
    const raw = asObject(item);
    return raw === null ? [] : [raw];
  });
}

function nameOf(value: unknown): string {
  return asText(asObject(value)?.['name']).normalize('NFC');
}

function parseCallback(raw: JsonObject): Callback {
  const state = raw['state'];
  const report = asObject(raw['report']);
  return {
    id: asText(raw['id']),
    reportId: asText(report?.['id']),
    reportCode: asText(report?.['code']),
    requester: nameOf(raw['requester']),
    confirmer: nameOf(raw['confirmer']),
    reason: asText(raw['reason']),
    state: state === 'waiting' || state === 'confirmed' || state === 'shown' || state === 'refused' ? state : 'expired',
    endsAt: asTime(raw['ends_at']),
    own: raw['own'] === true,
  };
}

function parseReveal(raw: JsonObject): Reveal {
  return {
    id: asText(raw['id']),
    at: asTime(raw['at']),
    reportCode: asText(asObject(raw['report'])?.['code']),
    person: nameOf(raw['person']),
    personId: asText(asObject(raw['person'])?.['id']),
    callback: raw['kind'] === 'callback',
    reason: asText(raw['reason']),
    confirmer: asText(raw['confirmer']).normalize('NFC'),
    seenAt: asTime(raw['seen_at']),
    seenBy: asText(raw['seen_by']).normalize('NFC'),
  };
}
