// The photos of a report: the sealed originals, and the copies with places made unreadable that the public sees.
import { asCount, asObject, asObjects, asText, asTime, type JsonObject } from '../wire/json';
import { reportPath } from './reports';
import { get, put } from './request';

/** A place to make unreadable, in pixels of the original. */
export interface Box {
  x: number;
  y: number;
  w: number;
  h: number;
}

export interface Photo {
  id: string;
  /** scene, answer or visit. */
  kind: string;
  at: number | null;
  width: number;
  height: number;
  boxes: Box[];
  /** The public sees its copy once the result is published. */
  public: boolean;
}

export async function listPhotos(report: string): Promise<Photo[]> {
  return asObjects((await get(reportPath(report, '/photos')))['photos']).map(parsePhoto);
}

/** Where the original is, for those who may read its report. */
export function photoPath(id: string): string {
  return `/api/v1/photos/${encodeURIComponent(id)}`;
}

/** Makes the copy anew. Throws Problem: 422 with fields. */
export async function redactPhoto(id: string, boxes: readonly Box[], open: boolean): Promise<void> {
  await put(`${photoPath(id)}/redaction`, { boxes: boxes.map(({ x, y, w, h }) => ({ x, y, w, h })), public: open });
}

function parsePhoto(raw: JsonObject): Photo {
  const redaction = asObject(raw['redaction']);
  return {
    id: asText(raw['id']),
    kind: asText(raw['kind']),
    at: asTime(raw['at']),
    width: asCount(raw['width']) ?? 0,
    height: asCount(raw['height']) ?? 0,
    boxes: asObjects(redaction?.['boxes']).map((box) => ({
      x: asCount(box['x']) ?? 0,
      y: asCount(box['y']) ?? 0,
      w: asCount(box['w']) ?? 0,
      h: asCount(box['h']) ?? 0,
    })),
    public: (redaction?.['public'] ?? raw['public']) === true,
  };
}
