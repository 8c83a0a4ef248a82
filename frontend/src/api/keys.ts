// Keys of gateways and partner systems: the administrator's page.
import { asArray, asCount, asObject, asText, asTexts, asTime, type JsonObject } from '../wire/json';
import { get, post, put, remove } from './request';

/** What a key is for; an empty list stands for everything. */
export interface KeyScope {
  /** Codes, or beginnings of codes that end in a star. */
  sensors: string[];
  categories: string[];
  /** "division/code", with all that lies in it. */
  areas: string[];
}

export interface Key {
  id: string;
  label: string;
  rights: string[];
  scope: KeyScope;
  perMinute: number;
  burst: number;
  version: number;
  createdAt: number | null;
  rotatedAt: number | null;
  /** Until when the secret before the newest rotation opens; null when it does not. */
  formerUntil: number | null;
  /** The minute it was used last, written some time later. */
  usedAt: number | null;
}

/** What can be set of a key; the rights only when it is made. */
export type KeySettings = Pick<Key, 'label' | 'rights' | 'scope' | 'perMinute' | 'burst'>;

/** A key with its token, which is told this once. */
export interface Token {
  key: Key;
  token: string;
}

export async function listKeys(): Promise<Key[]> {
  return asArray((await get('/api/v1/keys'))['keys']).flatMap((item) => {
    const raw = asObject(item);
    return raw === null ? [] : [parseKey(raw)];
  });
}

/** Throws Problem: 422 with fields. */
export async function addKey(settings: KeySettings): Promise<Token> {
  return parseToken(await post('/api/v1/keys', { ...body(settings), rights: settings.rights }));
}

/** Throws Problem: 409 when it was changed elsewhere meanwhile, 422 with fields. */
export async function changeKey(id: string, version: number, settings: KeySettings): Promise<Key> {
  return parseKey(await put(path(id), { ...body(settings), version }));
}

/** Gives a key another secret; the one before opens for so many hours. */
export async function rotateKey(id: string, overlapHours: number): Promise<Token> {
  return parseToken(await post(`${path(id)}/rotation`, { overlap_hours: overlapHours }));
}

export function revokeKey(id: string): Promise<void> {
  return remove(path(id));
}

function body({ label, scope, perMinute, burst }: KeySettings): JsonObject {
  return { label: label.normalize('NFC'), scope, per_minute: perMinute, burst };
}

function path(id: string): string {
  return `/api/v1/keys/${encodeURIComponent(id)}`;
}

function parseToken(raw: JsonObject): Token {
  return { key: parseKey(asObject(raw['key']) ?? {}), token: asText(raw['token']) };
}

function parseKey(raw: JsonObject): Key {
  const scope = asObject(raw['scope']);
  return {
    id: asText(raw['id']),
    label: asText(raw['label']).normalize('NFC'),
    rights: asTexts(raw['rights']),
    scope: {
      sensors: asTexts(scope?.['sensors']),
      categories: asTexts(scope?.['categories']),
      areas: asTexts(scope?.['areas']),
    },
    perMinute: asCount(raw['per_minute']) ?? 0,
    burst: asCount(raw['burst']) ?? 0,
    version: asCount(raw['version']) ?? 0,
    createdAt: asTime(raw['created_at']),
    rotatedAt: asTime(raw['rotated_at']),
    formerUntil: asTime(raw['former_until']),
    usedAt: asTime(raw['used_at']),
  };
}
