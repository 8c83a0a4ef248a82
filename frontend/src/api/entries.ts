// Reports that an officer writes down for others: one at a time, or a whole table.
import { asCount, asObjects, asText, asTexts, asTime, type JsonObject } from '../wire/json';
import { postOnce, send } from './request';

/** What stays with whoever wrote a report down. */
export interface Receipt {
  id: string;
  code: string;
  areaName: string;
  dueAccept: number | null;
}

/** What is wrong with one line of a table. Lines count from 1, the headings included. */
export interface LineFault {
  line: number;
  /** As it is headed; empty for the whole line. */
  column: string;
  detail: string;
}

export interface LineTaken {
  line: number;
  code: string;
  /** The same line had been taken before. */
  repeated: boolean;
}

export interface Imported {
  lines: number;
  /** In a dry run: how many would be. */
  accepted: number;
  repeated: number;
  refused: LineFault[];
  /** Faults beyond those listed. */
  omitted: number;
  ignored: string[];
  reports: LineTaken[];
}

/** Somewhat longer than the server gives itself for a table. */
export const tableMs = 75_000;

/** Sent again under the same key, it is one report. Throws Problem: 422 with fields. */
export async function enterReport(entry: JsonObject, key: string): Promise<Receipt> {
  const raw = await postOnce('/api/v1/reports/entries', entry, key);
  return {
    id: asText(raw['id']),
    code: asText(raw['code']),
    areaName: asText(raw['area_name']).normalize('NFC'),
    dueAccept: asTime(raw['due_accept']),
  };
}

/** How a table is taken: only tried, whole or not at all, or its good lines. */
export type Taking = 'dry' | 'whole' | 'good';

/** Sends a table; lines that name no channel came by the one given. Throws Problem: 422 when it is refused as a whole. */
export async function importTable(table: Blob, taking: Taking, channel: string): Promise<Imported> {
  const asked = new URLSearchParams();
  if (taking !== 'whole') asked.set(taking === 'dry' ? 'dry_run' : 'skip_bad', 'true');
  if (channel !== '') asked.set('channel', channel);
  const path = `/api/v1/reports/import?${asked.toString()}`;
  const headers = { 'Content-Type': 'text/csv; charset=utf-8', Accept: 'application/json' };
  const raw = await send(path, { method: 'POST', headers, body: table }, tableMs);
  return {
    lines: asCount(raw['lines']) ?? 0,
    accepted: asCount(raw['accepted']) ?? 0,
    repeated: asCount(raw['repeated']) ?? 0,
    refused: parseLineFaults(raw['refused']),
    omitted: asCount(raw['refused_omitted']) ?? 0,
    ignored: asTexts(raw['ignored_columns']),
    reports: asObjects(raw['reports']).map((item) => ({
      line: asCount(item['line']) ?? 0,
      code: asText(item['code']),
      repeated: item['repeated'] === true,
    })),
  };
}

/** Reads what is wrong with the lines of a table. */
export function parseLineFaults(value: unknown): LineFault[] {
  return asObjects(value).map((item) => ({
    line: asCount(item['line']) ?? 0,
    column: asText(item['column']),
    detail: asText(item['detail']),
  }));
}
