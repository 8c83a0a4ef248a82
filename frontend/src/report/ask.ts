// What the form asks the server before anything is sent. All of it is help: without an answer the form works as well.
import type { FeatureCollection } from 'geojson';
import { asArray, asObject, asText, parseObject } from '../wire/json';
import { readGround, type Ground } from './ground';

const answerMs = 10_000;

async function get(path: string): Promise<string | null> {
  try {
    const response = await fetch(path, { credentials: 'omit', signal: AbortSignal.timeout(answerMs) });
    return response.ok ? await response.text() : null;
  } catch {
    return null;
  }
}

/** The communes of a division; null when they cannot be had now. */
export async function askGround(division: string, english: boolean): Promise<Ground | null> {
  const text = await get(`/api/v1/areas/${encodeURIComponent(division)}/geometry?level=commune&detail=wall`);
  const shapes = text === null ? null : parseObject(text);
  if (!Array.isArray(shapes?.['features'])) return null;
  return readGround(shapes as unknown as FeatureCollection, english);
}

export interface Nearby {
  readonly code: string;
  readonly area: string;
  readonly status: string;
}

/** Open reports of a kind near a place, which everybody may know of. */
export async function askNearby(category: string, lat: number, lon: number): Promise<Nearby[]> {
  const query = new URLSearchParams({ category, lat: lat.toFixed(5), lon: lon.toFixed(5) });
  const text = await get(`/api/v1/reports/nearby?${query.toString()}`);
  return asArray(parseObject(text ?? '')?.['reports']).flatMap((item) => {
    const raw = asObject(item);
    const code = asText(raw?.['code']);
    return code === '' ? [] : [{ code, area: asText(raw?.['area']), status: asText(raw?.['status']) }];
  });
}
