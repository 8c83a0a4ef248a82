// Gateways that sensors speak through: what they are, how they behave and what they brought today.
import { asCount, asNumber, asObject, asObjects, asText, asTexts, asTime, type JsonObject } from '../wire/json';
import { get, put, remove } from './request';

export interface Gateway {
  /** The code, which names it everywhere. */
  id: string;
  name: string;
  kind: string;
  lat: number | null;
  lon: number | null;
  owner: string;
  parent: string;
  keyId: string;
  staleAfterS: number;
  perMinute: number;
  standing: string;
  sample: boolean;
  seenAt: number | null;
  /** "ok", "silent", "garbage", "flooding" or "replaying". */
  state: string;
  /** Null: ever since it was registered. */
  since: number | null;
  notice: string;
  complaint: string;
  complaintAt: number | null;
  taken: number;
  /** What was not taken today, by reason, most first. */
  refused: readonly { reason: string; count: number }[];
  sensors: readonly string[];
}

/** What can be set of a gateway; the code only when it is made. */
export type GatewaySettings = Pick<
  Gateway,
  | 'id'
  | 'name'
  | 'kind'
  | 'lat'
  | 'lon'
  | 'owner'
  | 'parent'
  | 'keyId'
  | 'staleAfterS'
  | 'perMinute'
  | 'standing'
  | 'sample'
>;

export async function listGateways(): Promise<Gateway[]> {
  const list = asObjects((await get('/api/v1/gateways'))['gateways']).map(parseGateway);
  return list.sort((a, b) => Number(a.standing === 'retired') - Number(b.standing === 'retired'));
}

/** Registers a gateway or changes one. Throws Problem: 422 with fields. */
export function putGateway(g: GatewaySettings): Promise<JsonObject> {
  return put(path(g.id), {
    name: g.name.normalize('NFC'),
    kind: g.kind,
    lat: g.lat,
    lon: g.lon,
    owner: g.owner,
    parent: g.parent,
    key_id: g.keyId,
    stale_after_s: g.staleAfterS,
    per_minute: g.perMinute,
    standing: g.standing,
    sample: g.sample,
  });
}

export function retireGateway(id: string): Promise<void> {
  return remove(path(id));
}

function path(id: string): string {
  return `/api/v1/gateways/${encodeURIComponent(id)}`;
}

function parseGateway(raw: JsonObject): Gateway {
  const { taken, ...refused } = asObject(raw['today']) ?? {};
  return {
    id: asText(raw['code']),
    name: asText(raw['name']).normalize('NFC'),
    kind: asText(raw['kind']),
    lat: asNumber(raw['lat']),
    lon: asNumber(raw['lon']),
    owner: asText(raw['owner']),
    parent: asText(raw['parent']),
    keyId: asText(raw['key_id']),
    staleAfterS: asCount(raw['stale_after_s']) ?? 0,
    perMinute: asCount(raw['per_minute']) ?? 0,
    standing: asText(raw['standing']),
    sample: raw['sample'] === true,
    seenAt: asTime(raw['seen_at']),
    state: asText(raw['state']),
    since: asTime(raw['since']),
    notice: asText(raw['notice']),
    complaint: asText(raw['complaint']),
    complaintAt: asTime(raw['complaint_at']),
    taken: asCount(taken) ?? 0,
    refused: Object.entries(refused)
      .map(([reason, count]) => ({ reason, count: asCount(count) ?? 0 }))
      .sort((a, b) => b.count - a.count),
    sensors: asTexts(raw['sensors']),
  };
}
