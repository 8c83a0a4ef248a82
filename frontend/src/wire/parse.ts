import type {
  Beat,
  EventFrame,
  EventKind,
  Frame,
  Hello,
  LevelFrame,
  LevelItem,
  ResetFrame,
  SnapshotFrame,
} from './frame';
import { asArray, asCount, asObject, asObjects, asText, asTime, parseObject, type JsonObject } from './json';

/**
 * Reads one text message of /live. Null means the message is malformed or of a type this build does not
 * know; the caller counts it and goes on, because a newer server may say more than an older screen knows.
 */
export function parseFrame(text: string): Frame | null {
  return readFrame(parseObject(text));
}

/** Reads a frame that is an object already. */
export function readFrame(raw: JsonObject | null): Frame | null {
  switch (raw?.['type']) {
    case 'hello':
      return parseHello(raw);
    case 'snapshot':
      return parseSnapshot(raw);
    case 'event':
      return parseEvent(raw);
    case 'level':
      return parseLevel(raw);
    case 'beat':
      return parseBeat(raw);
    case 'reset':
      return parseReset(raw);
    default:
      return null;
  }
}

function parseHello(raw: JsonObject): Hello | null {
  const at = asTime(raw['at']);
  const epoch = asText(raw['epoch']);
  if (at === null) return null;
  return {
    type: 'hello',
    protocol: asText(raw['protocol']),
    at,
    epoch,
    build: asText(raw['build']),
    beatMs: asCount(raw['beat_ms']) ?? 2000,
    retryMs: asCount(raw['retry_ms']) ?? 0,
  };
}

function parseSnapshot(raw: JsonObject): SnapshotFrame | null {
  const topic = asText(raw['topic']);
  const seq = asCount(raw['seq']);
  const data = asObject(raw['data']);
  if (topic === '' || seq === null || data === null) return null;
  return {
    type: 'snapshot',
    topic,
    epoch: asText(raw['epoch']),
    seq,
    at: asTime(raw['at']) ?? 0,
    reports: asObjects(data['reports']),
    truncated: asCount(data['truncated']) ?? 0,
    alarms: asObjects(data['alarms']),
    alarmsTruncated: parseCounts(asObject(data['alarms_truncated'])),
    incidents: asObjects(data['incidents']),
    screen: asObject(data['screen']),
  };
}

function parseCounts(raw: JsonObject | null): Record<string, number> {
  return Object.fromEntries(Object.entries(raw ?? {}).map(([name, value]) => [name, asCount(value) ?? 0]));
}

const eventKinds: ReadonlySet<string> = new Set<EventKind>([
  'report',
  'screen',
  'note',
  'alarm',
  'incident',
  'gone',
  'reset',
]);

function parseEvent(raw: JsonObject): EventFrame | null {
  const topic = asText(raw['topic']);
  const seq = asCount(raw['seq']);
  const kind = asText(raw['kind']);
  if (topic === '' || seq === null || kind === '') return null;
  return {
    type: 'event',
    topic,
    seq,
    kind: eventKinds.has(kind) ? (kind as EventKind) : 'unknown',
    id: asText(raw['id']),
    version: asCount(raw['version']) ?? 0,
    at: asTime(raw['at']) ?? 0,
    data: asObject(raw['data']),
  };
}

function parseLevel(raw: JsonObject): LevelFrame | null {
  const topic = asText(raw['topic']);
  if (topic === '') return null;
  const items = asArray(raw['items'])
    .map(parseLevelItem)
    .filter((item) => item !== null);
  return { type: 'level', topic, items };
}

function parseLevelItem(value: unknown): LevelItem | null {
  const raw = asObject(value);
  const key = asText(raw?.['key']);
  const version = asCount(raw?.['version']);
  if (raw === null || key === '' || version === null) return null;
  return { key, version, at: asTime(raw['at']) ?? 0, data: asObject(raw['data']) };
}

function parseBeat(raw: JsonObject): Beat | null {
  const at = asTime(raw['at']);
  if (at === null) return null;
  const heads = new Map<string, number>();
  for (const [topic, head] of Object.entries(asObject(raw['heads']) ?? {})) {
    const seq = asCount(head);
    if (seq !== null) heads.set(topic, seq);
  }
  return { type: 'beat', at, sourceAt: asTime(raw['source_at']), epoch: asText(raw['epoch']), heads };
}

function parseReset(raw: JsonObject): ResetFrame | null {
  const topic = asText(raw['topic']);
  return topic === '' ? null : { type: 'reset', topic, reason: asText(raw['reason']) };
}
