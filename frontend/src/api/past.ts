// What the server knows of the past, read for the player.
import type { PastPage, PastPicture } from '../live/past';
import type { Frame, LevelItem } from '../wire/frame';
import { asArray, asCount, asObject, asText, asTime, type JsonObject } from '../wire/json';
import { readFrame } from '../wire/parse';
import { get, Unreachable } from './request';

const iso = (ms: number): string => new Date(Math.floor(ms)).toISOString();

/** GET /api/v1/past. Throws Problem or Unreachable. */
export async function fetchPicture(topic: string, at: number): Promise<PastPicture> {
  const raw = await get(`/api/v1/past?topic=${encodeURIComponent(topic)}&at=${encodeURIComponent(iso(at))}`);
  const time = asTime(raw['at']);
  const snapshot = readFrame({
    type: 'snapshot',
    topic,
    seq: 0,
    epoch: asText(raw['epoch']),
    at: raw['at'],
    data: raw['data'],
  });
  if (time === null || snapshot === null) throw new Unreachable('read a picture of the past');
  return {
    at: time,
    frames: [snapshot],
    levels: levelItems(topic, raw['levels']),
    completeFrom: asTime(raw['complete_from']) ?? 0,
  };
}

/** GET /api/v1/past/changes. Throws Problem or Unreachable. */
export async function fetchPage(topic: string, from: number, to: number): Promise<PastPage> {
  const raw = await get(
    `/api/v1/past/changes?topic=${encodeURIComponent(topic)}` +
      `&from=${encodeURIComponent(iso(from))}&to=${encodeURIComponent(iso(to))}`,
  );
  const end = asTime(raw['to']);
  if (end === null) throw new Unreachable('read a page of the past');
  return {
    to: end,
    stepMs: Math.max(1, asCount(raw['step_s']) ?? 60) * 1000,
    events: objects(raw['events']).flatMap((event) => {
      const frame: Frame | null = readFrame({ ...event, type: 'event', topic });
      return frame?.type === 'event' ? [{ at: frame.at, frame }] : [];
    }),
    levels: objects(raw['levels']).map((step) => ({
      at: asTime(step['at']) ?? 0,
      items: levelItems(topic, step['items']),
    })),
  };
}

function levelItems(topic: string, items: unknown): LevelItem[] {
  const frame = readFrame({ type: 'level', topic, items: asArray(items) });
  return frame?.type === 'level' ? frame.items : [];
}

function objects(value: unknown): JsonObject[] {
  return asArray(value)
    .map(asObject)
    .filter((item) => item !== null);
}
