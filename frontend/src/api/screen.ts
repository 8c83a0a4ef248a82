// What a face asks before it can draw: its screen, the areas and their shapes, the right to listen.
import type { FeatureCollection } from 'geojson';
import { TicketRefused, type Ticket } from '../live/ticket';
import type { Area } from '../rules/places';
import { asArray, asCount, asObject, asText, asTexts, asTime, type JsonObject } from '../wire/json';
import { asOrigin, type Origin } from '../wire/report';
import { parseScreenState, unsetScreen, type ScreenState } from '../wire/screen';
import { get, post, Problem } from './request';

export interface Screen {
  id: string;
  title: string;
  division: string;
  divisionLabel: string;
  area: string;
  areaName: string;
  topics: string[];
  credit: string;
  /** True while the boundaries are drawn by us and not the real ones. */
  schematic: boolean;
  origin: Origin;
  timezone: string;
  /** The address of an operator's base map; empty without one. */
  tiles: string;
  /** What it was told to show as of this answer; newer states come on the topic screen/<id>. */
  state: ScreenState;
}

export interface Division {
  code: string;
  label: string;
  root: string;
  /** Of all data of this house; null from a server that does not say. */
  origin: Origin | null;
}

export type GeometryLevel = 'commune' | 'district' | 'province';

/** How closely borders are followed: a wall over a province, or eyes close to one commune. */
export type Detail = 'wall' | 'console';

export interface Geometry {
  features: FeatureCollection;
  credit: string;
  /** Version of the boundaries it was made of; 0 while none were ever imported. */
  version?: number;
}

export async function fetchScreen(id: string): Promise<Screen> {
  const raw = await get(`/api/v1/screens/${encodeURIComponent(id)}`);
  return {
    id,
    title: asText(raw['title']),
    division: asText(raw['division']),
    divisionLabel: asText(raw['division_label']),
    area: asText(raw['area']),
    areaName: asText(raw['area_name']),
    topics: asTexts(raw['topics']),
    credit: asText(raw['credit']),
    schematic: raw['schematic'] !== false,
    origin: asOrigin(raw['origin']),
    timezone: asText(raw['timezone'], 'Asia/Ho_Chi_Minh'),
    tiles: asText(raw['tiles']),
    // A server older than this page knows nothing of versions: its screens show what they always did.
    state: parseScreenState(raw) ?? unsetScreen(id),
  };
}

/** The divisions, the default one first. */
export async function fetchDivisions(): Promise<Division[]> {
  const raw = await get('/api/v1/divisions');
  const preset = asText(raw['default']);
  const origin = asOrigin(raw['origin']);
  const divisions = asArray(raw['divisions']).flatMap((item) => {
    const d = asObject(item);
    if (d === null) return [];
    return [{ code: asText(d['code']), label: asText(d['label']), root: asText(d['root']), origin }];
  });
  return divisions.sort((a, b) => Number(b.code === preset) - Number(a.code === preset));
}

export async function fetchAreas(division: string): Promise<Area[]> {
  const raw = await get(`/api/v1/areas/${encodeURIComponent(division)}`);
  return asArray(raw['areas']).flatMap((item) => {
    const area = asObject(item);
    return area === null ? [] : [parseArea(area)];
  });
}

function parseArea(raw: JsonObject): Area {
  const level = asText(raw['level']);
  return {
    code: asText(raw['code']),
    parent: asText(raw['parent']),
    level: level === 'province' || level === 'district' ? level : 'commune',
    kind: asText(raw['kind']).normalize('NFC'),
    name: asText(raw['name']).normalize('NFC'),
  };
}

/** The shapes of a division's areas of one level; null when the division has no such level. */
export async function fetchGeometry(
  division: string,
  level: GeometryLevel,
  detail: Detail = 'wall',
): Promise<Geometry | null> {
  try {
    const raw = await get(`/api/v1/areas/${encodeURIComponent(division)}/geometry?level=${level}&detail=${detail}`);
    const features = asArray(raw['features']) as FeatureCollection['features'];
    if (features.length === 0) return null;
    const version = asCount(raw['version']) ?? 0;
    return { features: { type: 'FeatureCollection', features }, credit: asText(raw['credit']), version };
  } catch (err) {
    if (err instanceof Problem && (err.status === 404 || err.status === 422 || err.status === 400)) return null;
    throw err;
  }
}

/** Fetches a ticket for topics. Throws TicketRefused when the server says no. */
export async function fetchTicket(topics: readonly string[], screen?: string): Promise<Ticket> {
  try {
    const raw = await post('/api/v1/tickets', { topics, ...(screen === undefined ? {} : { screen }) });
    return { token: asText(raw['ticket']), expiresAt: asTime(raw['expires_at']) ?? 0 };
  } catch (err) {
    if (err instanceof Problem && [401, 403, 404, 422].includes(err.status)) {
      throw new TicketRefused(err.message, { cause: err });
    }
    throw err;
  }
}
