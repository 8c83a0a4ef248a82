// Saved filters of the list: one's own and those shared with one's area.
import { asCount, asObject, asObjects, asText, type JsonObject } from '../wire/json';
import { get, post, put, remove } from './request';

export interface View {
  id: string;
  version: number;
  name: string;
  filter: Readonly<Record<string, string>>;
  /** The area everybody in which sees it; null for one's own. */
  shared: { division: string; area: string } | null;
  own: boolean;
  owner: string;
}

export type ViewSettings = Pick<View, 'name' | 'filter' | 'shared'>;

export async function listViews(): Promise<View[]> {
  return asObjects((await get('/api/v1/views'))['views']).map(parseView);
}

/** Throws Problem: 403 when sharing is not theirs, 422 with fields. */
export async function addView(settings: ViewSettings): Promise<View> {
  return parseView(await post('/api/v1/views', body(settings)));
}

/** Throws Problem: 409 when it was changed elsewhere meanwhile. */
export async function changeView(id: string, version: number, settings: ViewSettings): Promise<View> {
  return parseView(await put(path(id), { ...body(settings), version }));
}

export function removeView(id: string): Promise<void> {
  return remove(path(id));
}

function body({ name, filter, shared }: ViewSettings): JsonObject {
  return { name: name.normalize('NFC'), filter, shared };
}

function path(id: string): string {
  return `/api/v1/views/${encodeURIComponent(id)}`;
}

function parseView(raw: JsonObject): View {
  const shared = asObject(raw['shared']);
  return {
    id: asText(raw['id']),
    version: asCount(raw['version']) ?? 0,
    name: asText(raw['name']).normalize('NFC'),
    filter: Object.fromEntries(
      Object.entries(asObject(raw['filter']) ?? {}).map(([name, value]) => [name, asText(value)]),
    ),
    shared: shared === null ? null : { division: asText(shared['division']), area: asText(shared['area']) },
    own: raw['own'] === true,
    owner: asText(asObject(raw['owner'])?.['name']).normalize('NFC'),
  };
}
