// Who one is, and the way in and out.
import { asArray, asObject, asText, asTexts, asTime, type JsonObject } from '../wire/json';
import { get, post, remove } from './request';

/** How far signing in has come; only a full session has rights. */
export type Stage = 'none' | 'code' | 'enrol' | 'full';

export interface OwnSession {
  id: string;
  createdAt: number | null;
  seenAt: number | null;
  endsAt: number | null;
  /** Browser and system in two words. */
  agent: string;
  network: string;
  /** True of the session that asks. */
  own: boolean;
}

export interface Who {
  stage: Stage;
  /** The machine itself is trusted: nobody signs in here. */
  desk: boolean;
  person: { id: string; login: string; name: string; units: string[]; areas: string[] } | null;
  roles: { id: string; label: string }[];
  /** What may be done, and how far: own, unit, area or all. */
  rights: Readonly<Record<string, string>>;
  /** Codes of a factor just set up; they are told this once. */
  recovery: string[];
}

const sessionPath = '/api/v1/session';

export async function whoAmI(): Promise<Who> {
  return parseWho(await get(sessionPath));
}

/** Throws Problem: 401 credentials, 429 with the seconds to wait. */
export async function signIn(login: string, password: string): Promise<Who> {
  return parseWho(await post(sessionPath, { login: login.trim(), password }));
}

/** Shows the second factor or a recovery code. Throws Problem: 401 code, or any other 401 when the session is over. */
export async function enterCode(code: string): Promise<Who> {
  return parseWho(await post(`${sessionPath}/code`, { code }));
}

/** Draws a second factor; it counts once a code confirms it. */
export async function offerFactor(): Promise<{ secret: string; address: string }> {
  const raw = await post(`${sessionPath}/factor`, {});
  return { secret: asText(raw['secret']), address: asText(raw['address']) };
}

export function signOut(): Promise<void> {
  return remove(sessionPath);
}

/** Sets the password of whom a one-time link was made for and returns their login. Throws Problem: 404 when it is used or too old. */
export async function takeInvitation(token: string, password: string): Promise<string> {
  return asText((await post('/api/v1/invitations', { token, password }))['login']);
}

export async function changePassword(before: string, password: string): Promise<void> {
  await post(`${sessionPath}/password`, { before, password });
}

export async function listSessions(): Promise<OwnSession[]> {
  return asArray((await get('/api/v1/sessions'))['sessions']).flatMap((item) => {
    const raw = asObject(item);
    return raw === null ? [] : [parseSession(raw)];
  });
}

export function endSession(id: string): Promise<void> {
  return remove(`/api/v1/sessions/${encodeURIComponent(id)}`);
}

function parseSession(raw: JsonObject): OwnSession {
  return {
    id: asText(raw['id']),
    createdAt: asTime(raw['created_at']),
    seenAt: asTime(raw['seen_at']),
    endsAt: asTime(raw['ends_at']),
    agent: asText(raw['agent']),
    network: asText(raw['network']),
    own: raw['own'] === true,
  };
}

function parseWho(raw: JsonObject): Who {
  const stage = raw['stage'];
  const person = asObject(raw['person']);
  return {
    stage: stage === 'code' || stage === 'enrol' || stage === 'full' ? stage : 'none',
    desk: raw['desk'] === true,
    person:
      person === null
        ? null
        : {
            id: asText(person['id']),
            login: asText(person['login']),
            name: asText(person['name']).normalize('NFC'),
            units: asTexts(person['units']),
            areas: asTexts(person['areas']),
          },
    roles: asArray(raw['roles']).flatMap((item) => {
      const role = asObject(item);
      return role === null ? [] : [{ id: asText(role['id']), label: asText(role['label']).normalize('NFC') }];
    }),
    rights: Object.fromEntries(
      Object.entries(asObject(raw['rights']) ?? {}).flatMap(([action, reach]) =>
        typeof reach === 'string' ? [[action, reach]] : [],
      ),
    ),
    recovery: asTexts(raw['recovery']),
  };
}
