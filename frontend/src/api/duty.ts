// Who is on duty, how people on duty are reached, and what was tried.
import { asCount, asObjects, asText, asTexts, asTime, type JsonObject } from '../wire/json';
import { get, post, put, remove } from './request';

export const positions = ['truc_ban', 'truong_ca', 'lanh_dao_truc', 'truc_don_vi'] as const;
export type Position = (typeof positions)[number];
/** Those that somebody must hold at every instant. */
export const roomPositions: readonly Position[] = ['truc_ban', 'truong_ca', 'lanh_dao_truc'];

export type Channel = 'push' | 'sms' | 'mail';

export interface Shift {
  id: string;
  version: number;
  position: string;
  unit: string;
  name: string;
  person: string;
  personName: string;
  substitute: string;
  substituteName: string;
  from: number;
  until: number;
}

/** What can be set of a shift. */
export type ShiftSettings = Omit<Shift, 'id' | 'version' | 'personName' | 'substituteName'>;

export interface Gap {
  position: string;
  from: number;
  until: number;
}

export interface Roster {
  shifts: Shift[];
  /** When nobody holds a position of the room. */
  gaps: Gap[];
}

export interface Holder extends Shift {
  channels: string[];
  substituteChannels: string[];
}

export interface Held {
  position: string;
  unit: string;
  /** None: nobody is there. */
  holders: Holder[];
}

export interface OnDuty {
  shift: string;
  asOf: number | null;
  positions: Held[];
}

export interface DutyPerson {
  id: string;
  name: string;
  channels: string[];
}

export interface Pattern {
  position: string;
  unit: string;
  /** YYYY-MM-DD */
  first: string;
  days: number;
  slots: readonly { name: string; from: string; until: string }[];
  crews: readonly { person: string; substitute: string }[];
  replace: boolean;
}

export interface Way {
  id: string;
  channel: string;
  device: string;
  /** One's own phone or address; empty for a browser. */
  to: string;
  madeAt: number | null;
  reachedAt: number | null;
  problem: string;
}

export interface Ways {
  /** The channels that are on in this house. */
  channels: string[];
  /** With which browsers subscribe; empty while pushes are off. */
  pushKey: string;
  ways: Way[];
}

export interface Call {
  id: string;
  round: number;
  step: number;
  position: string;
  name: string;
  channel: string;
  result: string;
  reason: string;
  at: number | null;
  sentAt: number | null;
  deliveredAt: number | null;
  failedAt: number | null;
  answeredAt: number | null;
}

export interface ContactTest {
  id: string;
  madeAt: number | null;
  name: string;
  calls: Call[];
}

const base = '/api/v1/duty';

export async function fetchRoster(from: number, until: number): Promise<Roster> {
  const span = new URLSearchParams({ from: new Date(from).toISOString(), until: new Date(until).toISOString() });
  const raw = await get(`${base}/shifts?${span.toString()}`);
  return {
    shifts: asObjects(raw['shifts']).map(parseShift),
    gaps: asObjects(raw['gaps']).map((gap) => ({
      position: asText(gap['position']),
      from: asTime(gap['from']) ?? 0,
      until: asTime(gap['until']) ?? 0,
    })),
  };
}

/** Throws Problem: 422 with fields. */
export async function addShift(settings: ShiftSettings): Promise<void> {
  await post(`${base}/shifts`, body(settings));
}

/** Throws Problem: 409 when somebody else changed it, 422 with fields. */
export async function changeShift({ id, version }: Shift, settings: ShiftSettings): Promise<void> {
  await put(`${base}/shifts/${encodeURIComponent(id)}`, { ...body(settings), version });
}

export function dropShift(id: string): Promise<void> {
  return remove(`${base}/shifts/${encodeURIComponent(id)}`);
}

/** Fills days by a pattern; says how many shifts. Throws Problem: 409 when there are some, 422 with fields. */
export async function fillPattern(pattern: Pattern): Promise<number> {
  return asCount((await post(`${base}/pattern`, { ...pattern }))['made']) ?? 0;
}

export async function listDutyPeople(): Promise<DutyPerson[]> {
  return asObjects((await get(`${base}/people`))['people']).map((raw) => ({
    id: asText(raw['id']),
    name: asText(raw['name']).normalize('NFC'),
    channels: asTexts(raw['channels']),
  }));
}

export async function fetchOnDuty(): Promise<OnDuty> {
  const raw = await get(`${base}/now`);
  return {
    shift: asText(raw['shift']),
    asOf: asTime(raw['as_of']),
    positions: asObjects(raw['positions']).map((held) => ({
      position: asText(held['position']),
      unit: asText(held['unit']),
      holders: asObjects(held['holders']).map((holder) => ({
        ...parseShift(holder),
        channels: asTexts(holder['channels']),
        substituteChannels: asTexts(holder['substitute_channels']),
      })),
    })),
  };
}

export async function fetchWays(): Promise<Ways> {
  const raw = await get(`${base}/ways`);
  return {
    channels: asTexts(raw['channels']),
    pushKey: asText(raw['push_key']),
    ways: asObjects(raw['ways']).map((way) => ({
      id: asText(way['id']),
      channel: asText(way['channel']),
      device: asText(way['device']),
      to: asText(way['to']),
      madeAt: asTime(way['made_at']),
      reachedAt: asTime(way['reached_at']),
      problem: asText(way['problem']),
    })),
  };
}

/** Throws Problem: 422 with fields. */
export async function keepBrowser(endpoint: string, p256dh: string, auth: string): Promise<void> {
  await post(`${base}/ways/push`, { endpoint, p256dh, auth });
}

/** Throws Problem: 422 with fields. */
export async function keepAddress(channel: 'sms' | 'mail', to: string): Promise<void> {
  await put(`${base}/ways/${channel}`, channel === 'sms' ? { phone: to } : { email: to });
}

export function dropWay(id: string): Promise<void> {
  return remove(`${base}/ways/${encodeURIComponent(id)}`);
}

/** Asks everybody on duty, or only oneself. Throws Problem: 409 within a minute of the last, or when nobody is there. */
export async function testContact(own: boolean): Promise<ContactTest> {
  return parseTest(await post(own ? `${base}/ways/test` : `${base}/tests`, {}));
}

/** The newest test of everybody for null. Throws Problem: 404 when there was none. */
export async function fetchTest(id: string | null): Promise<ContactTest> {
  return parseTest(await get(`${base}/tests/${id === null ? 'last' : encodeURIComponent(id)}`));
}

/** Who was called for an alarm, in order. */
export async function listAttempts(alarm: string): Promise<Call[]> {
  return asObjects((await get(`/api/v1/alarms/${encodeURIComponent(alarm)}/attempts`))['attempts']).map(parseCall);
}

function body({ position, unit, name, person, substitute, from, until }: ShiftSettings): JsonObject {
  return {
    position,
    unit,
    name: name.normalize('NFC'),
    person,
    substitute,
    from: new Date(from).toISOString(),
    until: new Date(until).toISOString(),
  };
}

function parseShift(raw: JsonObject): Shift {
  return {
    id: asText(raw['id']),
    version: asCount(raw['version']) ?? 0,
    position: asText(raw['position']),
    unit: asText(raw['unit']),
    name: asText(raw['name']).normalize('NFC'),
    person: asText(raw['person']),
    personName: asText(raw['person_name']).normalize('NFC'),
    substitute: asText(raw['substitute']),
    substituteName: asText(raw['substitute_name']).normalize('NFC'),
    from: asTime(raw['from']) ?? 0,
    until: asTime(raw['until']) ?? 0,
  };
}

function parseTest(raw: JsonObject): ContactTest {
  return {
    id: asText(raw['id']),
    madeAt: asTime(raw['made_at']),
    name: asText(raw['name']).normalize('NFC'),
    calls: asObjects(raw['calls']).map(parseCall),
  };
}

function parseCall(raw: JsonObject): Call {
  return {
    id: asText(raw['id']),
    round: asCount(raw['round']) ?? 0,
    step: asCount(raw['step']) ?? 0,
    position: asText(raw['position']),
    name: asText(raw['name']).normalize('NFC'),
    channel: asText(raw['channel']),
    result: asText(raw['result']),
    reason: asText(raw['reason']),
    at: asTime(raw['at']),
    sentAt: asTime(raw['sent_at']),
    deliveredAt: asTime(raw['delivered_at']),
    failedAt: asTime(raw['failed_at']),
    answeredAt: asTime(raw['answered_at']),
  };
}
