// The photos of a report: the sealed originals, and the copies with places made unreadable that the public sees.
import { asCount, asObjects, asText, asTime, type JsonObject } from '../wire/json';
import { reportPath } from './reports';
import { get, put, send } from './request';

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
  /** What is covered in the copy; null when nobody has looked yet. */
  boxes: Box[] | null;
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

/** Adds a photo of the result, under a name of its own. Throws Problem: 409 when there are enough, 415 or 422 for no photo. */
export async function addPhoto(report: string, file: File, key: string): Promise<Photo> {
  return parsePhoto(
    await send(reportPath(report, '/photos?kind=answer'), {
      method: 'POST',
      headers: { 'Content-Type': file.type, Accept: 'application/json', 'Idempotency-Key': key },
      body: file,
    }),
  );
}

/** Makes the copy anew. Throws Problem: 422 with fields. */
export async function redactPhoto(id: string, boxes: readonly Box[], open: boolean): Promise<void> {
  await put(`${photoPath(id)}/redaction`, { boxes: boxes.map(({ x, y, w, h }) => ({ x, y, w, h })), public: open });
}

function parsePhoto(raw: JsonObject): Photo {
  return {
    id: asText(raw['id']),
    kind: asText(raw['kind']),
    at: asTime(raw['at']),
    width: asCount(raw['width']) ?? 0,
    height: asCount(raw['height']) ?? 0,
    boxes: Array.isArray(raw['boxes']) ? asObjects(raw['boxes']).map(parseBox) : null,
    public: raw['public'] === true,
  };
}

function parseBox(raw: JsonObject): Box {
  const side = (name: keyof Box): number => asCount(raw[name]) ?? 0;
  return { x: side('x'), y: side('y'), w: side('w'), h: side('h') };
}
