// Readers for JSON nobody vouches for: each returns the value when it has the wanted form, else a fallback.
export type JsonObject = Readonly<Record<string, unknown>>;

export function asObject(value: unknown): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as JsonObject) : null;
}

export function asArray(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? (value as readonly unknown[]) : [];
}

export function asText(value: unknown, fallback = ''): string {
  return typeof value === 'string' ? value : fallback;
}

export function asNumber(value: unknown): number | null {
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

/** A count, version or sequence number: a whole number from 0 to 2^53-1. */
export function asCount(value: unknown): number | null {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

/** Reads an RFC 3339 time into milliseconds since 1970. The zero time of Go counts as no time. */
export function asTime(value: unknown): number | null {
  if (typeof value !== 'string' || value.startsWith('0001-')) return null;
  const ms = Date.parse(value);
  return Number.isNaN(ms) ? null : ms;
}

export function asTexts(value: unknown): string[] {
  return asArray(value).filter((item) => typeof item === 'string');
}

/** The objects of a list; whatever else stands in it is left out. */
export function asObjects(value: unknown): JsonObject[] {
  return asArray(value)
    .map(asObject)
    .filter((item) => item !== null);
}

/** Parses text as a JSON object; null when it is anything else. */
export function parseObject(text: string): JsonObject | null {
  try {
    return asObject(JSON.parse(text));
  } catch {
    return null;
  }
}
