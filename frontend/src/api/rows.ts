// The list of reports as a long table reads it, and the files made of it.
import { asCount, asObject, asObjects, asText, type JsonObject } from '../wire/json';
import { parseRow, type Row } from '../wire/row';
import { get } from './request';

/** How many there are; not exact when the server stopped counting. */
export interface Total {
  count: number;
  exact: boolean;
}

export interface RowPage {
  rows: Row[];
  /** The cursor of the next page; empty at the end. */
  next: string;
  /** Told with the first page only. */
  total: Total | null;
}

/** A page of rows. Throws Problem or Unreachable, also when the question was given up. */
export async function fetchRows(
  filter: URLSearchParams,
  page: { cursor: string; limit: number },
  given: AbortSignal,
): Promise<RowPage> {
  const search = new URLSearchParams(filter);
  search.set('limit', String(page.limit));
  if (page.cursor !== '') search.set('cursor', page.cursor);
  const raw = await get(`/api/v1/reports/rows?${search.toString()}`, given);
  return {
    rows: asObjects(raw['rows']).flatMap((item) => parseRow(item) ?? []),
    next: asText(raw['next']),
    total: readTotal(asObject(raw['total'])),
  };
}

export type ExportFormat = 'csv' | 'geojson';

/** Where the file of exactly these reports is. */
export function exportPath(filter: URLSearchParams, format: ExportFormat): string {
  const search = new URLSearchParams(filter);
  search.set('format', format);
  return `/api/v1/reports/export?${search.toString()}`;
}

function readTotal(raw: JsonObject | null): Total | null {
  const count = asCount(raw?.['count']);
  return count === null ? null : { count, exact: raw?.['exact'] === true };
}
