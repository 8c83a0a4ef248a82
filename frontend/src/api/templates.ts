// Texts that answers begin with: who keeps them.
import { asCount, asObjects, asText } from '../wire/json';
import { get, post, put, remove } from './request';

export interface KeptTemplate {
  id: string;
  version: number;
  name: string;
  /** The act it is for; empty for all. */
  act: string;
  /** The category it is for; empty for all. */
  category: string;
  text: string;
  division: string;
  area: string;
  mayChange: boolean;
}

export type TemplateSettings = Pick<KeptTemplate, 'name' | 'act' | 'category' | 'text' | 'division' | 'area'>;

export async function listKept(): Promise<KeptTemplate[]> {
  return asObjects((await get('/api/v1/templates'))['templates']).map((raw) => ({
    id: asText(raw['id']),
    version: asCount(raw['version']) ?? 0,
    name: asText(raw['name']).normalize('NFC'),
    act: asText(raw['act']),
    category: asText(raw['category']),
    text: asText(raw['text']).normalize('NFC'),
    division: asText(raw['division']),
    area: asText(raw['area']),
    mayChange: raw['may_change'] === true,
  }));
}

/** Throws Problem: 422 with fields. */
export async function addTemplate(settings: TemplateSettings): Promise<void> {
  await post('/api/v1/templates', { ...settings });
}

/** Throws Problem: 409 when it was changed elsewhere meanwhile, 422 with fields. */
export async function changeTemplate(id: string, version: number, settings: TemplateSettings): Promise<void> {
  await put(path(id), { ...settings, version });
}

export function dropTemplate(id: string): Promise<void> {
  return remove(path(id));
}

function path(id: string): string {
  return `/api/v1/templates/${encodeURIComponent(id)}`;
}
