// Who may sign in, and the audit: the administrator's and the data officer's pages.
import { asArray, asCount, asObject, asText, asTexts, asTime, type JsonObject } from '../wire/json';
import { get, post, put, remove, send } from './request';

export interface Person {
  id: string;
  login: string;
  name: string;
  roles: string[];
  /** Ids of the units the person works for. */
  units: string[];
  /** "division/code" of the areas the person answers for; the division's root is the whole province. */
  areas: string[];
  version: number;
  disabled: boolean;
  hasPassword: boolean;
  hasFactor: boolean;
  /** Linked to whom the sign-in provider knows. */
  hasSubject: boolean;
}

/** What of a person can be set; the login only when they are added. */
export type PersonSettings = Pick<Person, 'login' | 'name' | 'roles' | 'units' | 'areas' | 'disabled'>;

/** A one-time link; it is told this once. */
export interface Link {
  person: Person;
  /** The path on this house's address. */
  path: string;
  expiresAt: number | null;
}

export interface AuditRow {
  id: string;
  at: number | null;
  who: string;
  role: string;
  what: string;
  object: string;
  why: string;
  network: string;
  result: string;
  detail: string;
  sealed: boolean;
}

export async function listPeople(): Promise<Person[]> {
  return asArray((await get('/api/v1/people'))['people']).flatMap((item) => {
    const raw = asObject(item);
    return raw === null ? [] : [parsePerson(raw)];
  });
}

/** Throws Problem: 409 login_taken, 422 with fields. */
export async function addPerson(settings: PersonSettings): Promise<Link> {
  const { login, name, roles, units, areas } = settings;
  return parseLink(await post('/api/v1/people', { login, name: name.normalize('NFC'), roles, units, areas }));
}

/** Throws Problem: 409 when somebody else changed the person meanwhile or nobody would be left to administrate. */
export async function changePerson(id: string, version: number, settings: PersonSettings): Promise<Person> {
  const { name, roles, units, areas, disabled } = settings;
  return parsePerson(await put(path(id), { version, name: name.normalize('NFC'), roles, units, areas, disabled }));
}

/** Makes a new one-time link with which the person sets a new password. */
export async function newLink(id: string): Promise<Link> {
  return parseLink(await post(`${path(id)}/link`, {}));
}

/** Drops a lost second factor; its person gets a new link and sets up another. */
export async function dropFactor(id: string): Promise<Link> {
  return parseLink(await send(`${path(id)}/factor`, { method: 'DELETE', headers: { Accept: 'application/json' } }));
}

/** Links a person to whom the sign-in provider knows under a subject. Throws Problem: 409 when either is linked. */
export async function linkSubject(id: string, subject: string): Promise<void> {
  await put(`${path(id)}/subject`, { subject });
}

export function unlinkSubject(id: string): Promise<void> {
  return remove(`${path(id)}/subject`);
}

/** A page of the audit, the newest first; `next` is the cursor of the following page, empty at the end. */
export async function listAudit(
  filter: { who: string; what: string; object: string },
  cursor: string,
): Promise<{ rows: AuditRow[]; next: string }> {
  const search = new URLSearchParams({ limit: '50' });
  for (const [name, value] of Object.entries({ ...filter, cursor })) if (value !== '') search.set(name, value);
  const raw = await get(`/api/v1/audit?${search.toString()}`);
  const rows = asArray(raw['rows']).flatMap((item) => {
    const row = asObject(item);
    return row === null ? [] : [parseRow(row)];
  });
  return { rows, next: asText(raw['next']) };
}

function parsePerson(raw: JsonObject): Person {
  return {
    id: asText(raw['id']),
    login: asText(raw['login']),
    name: asText(raw['name']).normalize('NFC'),
    roles: asTexts(raw['roles']),
    units: asTexts(raw['units']),
    areas: asTexts(raw['areas']),
    version: asCount(raw['version']) ?? 0,
    disabled: asTime(raw['disabled_at']) !== null,
    hasPassword: raw['has_password'] === true,
    hasFactor: raw['has_factor'] === true,
    hasSubject: raw['has_subject'] === true,
  };
}

function parseLink(raw: JsonObject): Link {
  return {
    person: parsePerson(asObject(raw['person']) ?? {}),
    path: asText(raw['link']),
    expiresAt: asTime(raw['expires_at']),
  };
}

function parseRow(raw: JsonObject): AuditRow {
  return {
    id: asText(raw['id']),
    at: asTime(raw['at']),
    who: asText(raw['who']),
    role: asText(raw['role']),
    what: asText(raw['what']),
    object: asText(raw['object']),
    why: asText(raw['why']),
    network: asText(raw['network']),
    result: asText(raw['result']),
    detail: asText(raw['detail']),
    sealed: raw['sealed'] === true,
  };
}

function path(id: string): string {
  return `/api/v1/people/${encodeURIComponent(id)}`;
}
