// What operators tell each other about reports: notes written beside them, and who has which open.
import { asArray, asCount, asObject, asText, asTime, type JsonObject } from './json';

/** A colleague, by the name others know. */
export interface Officer {
  id: string;
  name: string;
}

/** Somebody wrote an internal note; its words are asked for by whoever has the report open. */
export interface NoteEvent {
  report: string;
  n: number;
  by: Officer;
  at: number | null;
}

/** Reads the data of an event of kind note; null when it names no report. */
export function parseNote(d: JsonObject): NoteEvent | null {
  const report = asText(d['report']);
  const n = asCount(d['n']);
  const by = asObject(d['by']);
  if (report === '' || n === null) return null;
  return { report, n, by: { id: asText(by?.['id']), name: asText(by?.['name']) }, at: asTime(d['at']) };
}

export interface Present extends Officer {
  since: number | null;
}

/** A report that colleagues have open. After `until` it is over unless it was said again. */
export interface OpenReport {
  id: string;
  people: Present[];
  lock: (Present & { page: string }) | null;
  until: number;
}

/** The key of the level on ops topics. */
export const presenceKey = 'presence';

function parsePresent(value: unknown): Present | null {
  const raw = asObject(value);
  const id = asText(raw?.['id']);
  return raw === null || id === '' ? null : { id, name: asText(raw['name']), since: asTime(raw['since']) };
}

/** Reads the level `presence`; what cannot be read is left out. */
export function parsePresence(d: JsonObject): OpenReport[] {
  return asArray(d['reports']).flatMap((item) => {
    const raw = asObject(item);
    const id = asText(raw?.['id']);
    const until = asTime(raw?.['until']);
    if (raw === null || id === '' || until === null) return [];
    const holder = parsePresent(raw['lock']);
    return [
      {
        id,
        people: asArray(raw['people'])
          .map(parsePresent)
          .filter((person) => person !== null),
        lock: holder && { ...holder, page: asText(asObject(raw['lock'])?.['page']) },
        until,
      },
    ];
  });
}
