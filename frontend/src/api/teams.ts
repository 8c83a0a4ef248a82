// The community teams that look at sites, and what they did.
import { asCount, asNumber, asObjects, asText, asTime, type JsonObject } from '../wire/json';
import { get, post, put } from './request';

export interface Team {
  id: string;
  name: string;
  village: string;
  /** The code of its commune, in the division in use. */
  area: string;
  areaName: string;
  version: number;
  disabled: boolean;
  members: { id: string; name: string }[];
}

/** What of a team can be set. */
export interface TeamSettings {
  name: string;
  village: string;
  area: string;
  members: readonly string[];
}

export interface TeamWork {
  id: string;
  name: string;
  village: string;
  areaName: string;
  members: number;
  active: boolean;
  asked: number;
  arrived: number;
  done: number;
  lastAt: number | null;
}

/** What the teams did in a span of time. */
export interface TeamBoard {
  from: number | null;
  to: number | null;
  count: number;
  active: number;
  /** Per cent that were active, and how many should be; null while there are none. */
  value: number | null;
  target: number | null;
  teams: TeamWork[];
}

export async function listTeams(): Promise<Team[]> {
  return asObjects((await get('/api/v1/teams'))['teams']).map(parseTeam);
}

/** Throws Problem: 422 with fields. */
export async function addTeam(team: TeamSettings): Promise<void> {
  await post('/api/v1/teams', bodyOf(team));
}

/** Throws Problem: 409 when somebody else changed it meanwhile, 422 with fields. */
export async function changeTeam(was: Team, team: TeamSettings, disabled: boolean): Promise<void> {
  await put(`/api/v1/teams/${encodeURIComponent(was.id)}`, { ...bodyOf(team), version: was.version, disabled });
}

export async function fetchTeamBoard(): Promise<TeamBoard> {
  const raw = await get('/api/v1/teams/board');
  return {
    from: asTime(raw['from']),
    to: asTime(raw['to']),
    count: asCount(raw['count']) ?? 0,
    active: asCount(raw['active']) ?? 0,
    value: asNumber(raw['value']),
    target: asNumber(raw['target']),
    teams: asObjects(raw['teams']).map((item) => ({
      id: asText(item['id']),
      name: asText(item['name']).normalize('NFC'),
      village: asText(item['village']).normalize('NFC'),
      areaName: asText(item['area_name']).normalize('NFC'),
      members: asCount(item['members']) ?? 0,
      active: item['active'] === true,
      asked: asCount(item['asked']) ?? 0,
      arrived: asCount(item['arrived']) ?? 0,
      done: asCount(item['done']) ?? 0,
      lastAt: asTime(item['last_at']),
    })),
  };
}

function bodyOf({ name, village, area, members }: TeamSettings): JsonObject {
  return { name: name.trim().normalize('NFC'), village: village.trim().normalize('NFC'), area, members: [...members] };
}

function parseTeam(raw: JsonObject): Team {
  return {
    id: asText(raw['id']),
    name: asText(raw['name']).normalize('NFC'),
    village: asText(raw['village']).normalize('NFC'),
    area: asText(raw['area']),
    areaName: asText(raw['area_name']).normalize('NFC'),
    version: asCount(raw['version']) ?? 0,
    disabled: raw['disabled'] === true,
    members: asObjects(raw['members']).map((item) => ({
      id: asText(item['id']),
      name: asText(item['name']).normalize('NFC'),
    })),
  };
}
