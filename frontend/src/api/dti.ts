// The digital transformation index: its schemes, the values that were entered with evidence, and what they make.
import { asCount, asNumber, asObjects, asText, asTexts, asTime, type JsonObject } from '../wire/json';
import { parseLineFaults, tableMs, type LineFault, type Taking } from './entries';
import { get, post, send } from './request';

/** Where a value stands. */
export interface Evidence {
  title: string;
  issuer: string;
  number: string;
  reference: string;
  /** YYYY-MM-DD */
  dated: string;
}

/** A value as it was entered, or the word that it was withdrawn: then it is null. */
export interface DTIEntry extends Evidence {
  n: number;
  scheme: string;
  year: number;
  /** Of a main index, "7", or of a component of it, "7.12". */
  code: string;
  name: string;
  value: number | null;
  most: number | null;
  /** Why it was withdrawn. */
  reason: string;
  at: number | null;
  by: string;
  byName: string;
}

export interface DTIIndex {
  code: string;
  name: string;
  nameEn: string;
  /** 0: it does not count. */
  weight: number;
  components: number;
}

/** What is known of a main index in a year. */
export interface DTISum {
  code: string;
  /** From 0 to 1. */
  value: number | null;
  from: string;
  /** Components that have a value, and their points. */
  entered: number;
  most: number;
  /** The value that was entered is not what the components give. */
  apart: boolean;
}

export interface DTIYear {
  year: number;
  /** Null while one of the main indices that count has no value. */
  value: number | null;
  have: number;
  need: number;
  sums: DTISum[];
}

export interface DTIScheme {
  code: string;
  decision: string;
  firstYear: number;
  /** Empty: its structure is not known, and nothing can be entered. */
  indices: DTIIndex[];
  years: DTIYear[];
}

export interface DTIBook {
  schemes: DTIScheme[];
  /** The newest entry of every value. */
  entries: DTIEntry[];
}

export async function fetchDTI(): Promise<DTIBook> {
  const raw = await get('/api/v1/dti');
  return { schemes: asObjects(raw['schemes']).map(parseScheme), entries: asObjects(raw['entries']).map(parseEntry) };
}

/** Every entry of one value, the newest first. */
export async function fetchDTIHistory(scheme: string, year: number, code: string): Promise<DTIEntry[]> {
  const asked = new URLSearchParams({ scheme, year: String(year), code });
  const raw = await get(`/api/v1/dti/history?${asked.toString()}`);
  return asObjects(raw['entries']).map(parseEntry);
}

/** Enters a value. Throws Problem: 409 when it does not replace the newest entry, 422 with fields. */
export async function enterDTI(body: JsonObject): Promise<void> {
  await post('/api/v1/dti/values', body);
}

/** Takes a value back. Throws Problem: 409 when it is not in force any more. */
export async function withdrawDTI(n: number, reason: string): Promise<void> {
  await post('/api/v1/dti/withdrawals', { n, reason: reason.trim().normalize('NFC') });
}

export interface DTITable {
  lines: number;
  accepted: number;
  /** Of those accepted: how many take the place of a value. */
  replaced: number;
  /** Lines that say what is in force already. */
  unchanged: number;
  refused: LineFault[];
  omitted: number;
  ignored: string[];
}

/** Sends a table of values, which is taken whole or not at all. Throws Problem: 422 when it is refused. */
export async function importDTI(table: Blob, taking: Taking): Promise<DTITable> {
  const headers = { 'Content-Type': 'text/csv; charset=utf-8', Accept: 'application/json' };
  const path = `/api/v1/dti/import${taking === 'dry' ? '?dry_run=true' : ''}`;
  const raw = await send(path, { method: 'POST', headers, body: table }, tableMs);
  return {
    lines: asCount(raw['lines']) ?? 0,
    accepted: asCount(raw['accepted']) ?? 0,
    replaced: asCount(raw['replaced']) ?? 0,
    unchanged: asCount(raw['unchanged']) ?? 0,
    refused: parseLineFaults(raw['refused']),
    omitted: asCount(raw['refused_omitted']) ?? 0,
    ignored: asTexts(raw['ignored_columns']),
  };
}

export const dtiTablePath = '/api/v1/dti/export';

function parseEntry(raw: JsonObject): DTIEntry {
  return {
    n: asCount(raw['n']) ?? 0,
    scheme: asText(raw['scheme']),
    year: asCount(raw['year']) ?? 0,
    code: asText(raw['code']),
    name: asText(raw['name']),
    value: asNumber(raw['value']),
    most: asNumber(raw['most']),
    title: asText(raw['title']),
    issuer: asText(raw['issuer']),
    number: asText(raw['number']),
    reference: asText(raw['reference']),
    dated: asText(raw['dated']),
    reason: asText(raw['reason']),
    at: asTime(raw['at']),
    by: asText(raw['by']),
    byName: asText(raw['by_name']),
  };
}

function parseScheme(raw: JsonObject): DTIScheme {
  return {
    code: asText(raw['code']),
    decision: asText(raw['decision']),
    firstYear: asCount(raw['first_year']) ?? 0,
    indices: asObjects(raw['indices']).map((index) => ({
      code: asText(index['code']),
      name: asText(index['name']),
      nameEn: asText(index['name_en']),
      weight: asCount(index['weight']) ?? 0,
      components: asCount(index['components']) ?? 0,
    })),
    years: asObjects(raw['years']).map((year) => ({
      year: asCount(year['year']) ?? 0,
      value: asNumber(year['value']),
      have: asCount(year['have']) ?? 0,
      need: asCount(year['need']) ?? 0,
      sums: asObjects(year['indices']).map((sum) => ({
        code: asText(sum['code']),
        value: asNumber(sum['value']),
        from: asText(sum['from']),
        entered: asCount(sum['entered']) ?? 0,
        most: asNumber(sum['most']) ?? 0,
        apart: sum['apart'] === true,
      })),
    })),
  };
}
