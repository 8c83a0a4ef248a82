// Other systems that are told of changes: the administrator's page.
import { asCount, asObject, asObjects, asText, asTime, type JsonObject } from '../wire/json';
import { get, post, put, remove } from './request';

export interface Hook {
  id: string;
  label: string;
  url: string;
  topic: string;
  delivered: number;
  deliveredAt: number | null;
  /** Null while all is well. */
  failingSince: number | null;
  /** Since it failed. */
  attempts: number;
  nextAt: number | null;
  problem: string;
  /** Until when deliveries carry the signature of the secret before, too. */
  formerUntil: number | null;
  endedAt: number | null;
  endedWhy: string;
}

/** What can be set of a hook; the topic only when it is made. */
export type HookSettings = Pick<Hook, 'label' | 'url' | 'topic'>;

/** A hook with its secret, which is told this once. */
export interface HookSecret {
  hook: Hook;
  secret: string;
}

export async function listHooks(): Promise<Hook[]> {
  return asObjects((await get('/api/v1/hooks'))['hooks']).map(parseHook);
}

/** Throws Problem: 422 with fields. */
export async function addHook({ label, url, topic }: HookSettings): Promise<HookSecret> {
  return parseSecret(await post('/api/v1/hooks', { label: label.normalize('NFC'), url, topic }));
}

/** Throws Problem: 422 with fields. */
export async function changeHook(id: string, { label, url }: HookSettings): Promise<Hook> {
  return parseHook(await put(path(id), { label: label.normalize('NFC'), url }));
}

/** Gives a hook another secret; for a day deliveries are signed with the one before, too. */
export async function rotateHook(id: string): Promise<HookSecret> {
  return parseSecret(await post(`${path(id)}/rotation`, {}));
}

/** Asks the receiver now whether it is there. Returns what is wrong; empty when it took the word. */
export async function pingHook(id: string): Promise<string> {
  const raw = await post(`${path(id)}/ping`, {});
  return raw['taken'] === true ? '' : asText(raw['problem'], '?');
}

export function endHook(id: string): Promise<void> {
  return remove(path(id));
}

function path(id: string): string {
  return `/api/v1/hooks/${encodeURIComponent(id)}`;
}

function parseSecret(raw: JsonObject): HookSecret {
  return { hook: parseHook(asObject(raw['hook']) ?? {}), secret: asText(raw['secret']) };
}

function parseHook(raw: JsonObject): Hook {
  return {
    id: asText(raw['id']),
    label: asText(raw['label']).normalize('NFC'),
    url: asText(raw['url']),
    topic: asText(raw['topic']),
    delivered: asCount(raw['delivered']) ?? 0,
    deliveredAt: asTime(raw['delivered_at']),
    failingSince: asTime(raw['failing_since']),
    attempts: asCount(raw['attempts']) ?? 0,
    nextAt: asTime(raw['next_at']),
    problem: asText(raw['problem']),
    formerUntil: asTime(raw['former_until']),
    endedAt: asTime(raw['ended_at']),
    endedWhy: asText(raw['ended_why']),
  };
}
