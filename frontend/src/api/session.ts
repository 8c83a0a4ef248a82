// Who one is, and the way in and out.
import { asArray, asCount, asObject, asText, asTexts, asTime, type JsonObject } from '../wire/json';
import { get, post, put, remove, send } from './request';

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

/** How a paired desk stands; its list goes on whichever it is. */
export type Standing = 'vacant' | 'manned' | 'locked';

/** The paired desk that this machine is. */
export interface Duty {
  desk: string;
  label: string;
  /** "division/code" of the areas whose list the desk shows. */
  areas: string[];
  standing: Standing;
  /** Without a hand for so long it locks. */
  idleMs: number;
  /** What the desk itself may, whoever sits there. */
  rights: Readonly<Record<string, string>>;
}

export interface Who {
  stage: Stage;
  /** The machine itself is trusted: nobody signs in here. */
  desk: boolean;
  /** Null where the machine is no paired desk. */
  duty: Duty | null;
  /** The words on the button of the sign-in provider; empty without one. */
  provider: string;
  person: { id: string; login: string; name: string; units: string[]; areas: string[]; pin: boolean } | null;
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

/** Signs out and returns where to sign out at the provider too; empty when there is no such place. */
export async function signOut(): Promise<string> {
  return asText((await send(sessionPath, { method: 'DELETE', headers: { Accept: 'application/json' } }))['leave']);
}

/** Puts somebody on duty at this desk. Throws Problem: 401 credentials, code_needed, code, pin_spent; 403 enrol_first. */
export async function takeDesk(login: string, secret: string, code: string): Promise<Who> {
  const body = { login: login.trim(), secret };
  return parseWho(await post('/api/v1/desk/person', code === '' ? body : { ...body, code }));
}

/** Lets the person on duty act again. Throws Problem: 401 credentials, pin_spent. */
export async function unlockDesk(secret: string): Promise<Who> {
  return parseWho(await post('/api/v1/desk/unlock', { secret }));
}

export async function lockDesk(): Promise<Who> {
  return parseWho(await post('/api/v1/desk/lock', {}));
}

/** Sets the PIN that opens desks. Throws Problem: 422 with fields. */
export async function setPin(password: string, pin: string): Promise<void> {
  await put(`${sessionPath}/pin`, { password, pin });
}

export function dropPin(): Promise<void> {
  return remove(`${sessionPath}/pin`);
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

function parseRights(raw: unknown): Record<string, string> {
  return Object.fromEntries(
    Object.entries(asObject(raw) ?? {}).flatMap(([action, reach]) =>
      typeof reach === 'string' ? [[action, reach]] : [],
    ),
  );
}

function parseDuty(raw: JsonObject | null): Duty | null {
  if (raw === null) return null;
  const standing = raw['standing'];
  return {
    desk: asText(raw['desk']),
    label: asText(raw['label']).normalize('NFC'),
    areas: asTexts(raw['areas']),
    standing: standing === 'manned' || standing === 'locked' ? standing : 'vacant',
    idleMs: (asCount(raw['idle_s']) ?? 0) * 1000,
    rights: parseRights(raw['rights']),
  };
}

function parseWho(raw: JsonObject): Who {
  const stage = raw['stage'];
  const person = asObject(raw['person']);
  return {
    stage: stage === 'code' || stage === 'enrol' || stage === 'full' ? stage : 'none',
    desk: raw['desk'] === true,
    duty: parseDuty(asObject(raw['duty'])),
    provider: asText(asObject(raw['provider'])?.['label']).normalize('NFC'),
    person:
      person === null
        ? null
        : {
            id: asText(person['id']),
            login: asText(person['login']),
            name: asText(person['name']).normalize('NFC'),
            units: asTexts(person['units']),
            areas: asTexts(person['areas']),
            pin: person['pin'] === true,
          },
    roles: asArray(raw['roles']).flatMap((item) => {
      const role = asObject(item);
      return role === null ? [] : [{ id: asText(role['id']), label: asText(role['label']).normalize('NFC') }];
    }),
    rights: parseRights(raw['rights']),
    recovery: asTexts(raw['recovery']),
  };
}
