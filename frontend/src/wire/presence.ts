// Who has which report open, as the level of an area says it.
import { asObject, asObjects, asText, asTime, type JsonObject } from './json';

/** Somebody who has a report open. */
export interface Attendant {
  id: string;
  name: string;
  since: number | null;
}

/** Who writes in a report, and in which of their pages. */
export interface Holder extends Attendant {
  page: string;
}

export interface Attended {
  people: Attendant[];
  lock: Holder | null;
  /** When all of it is over unless it is said again. */
  until: number;
}

/** By report. Empty when nothing is known. */
export function parsePresence(raw: JsonObject | null): ReadonlyMap<string, Attended> {
  return new Map(
    asObjects(raw?.['reports']).map((report) => {
      const lock = asObject(report['lock']);
      return [
        asText(report['id']),
        {
          people: asObjects(report['people']).map(parseAttendant),
          lock: lock === null ? null : { ...parseAttendant(lock), page: asText(lock['page']) },
          until: asTime(report['until']) ?? 0,
        },
      ];
    }),
  );
}

export function parseAttendant(raw: JsonObject): Attendant {
  return { id: asText(raw['id']), name: asText(raw['name']).normalize('NFC'), since: asTime(raw['since']) };
}
