// A report as a long table shows it.
import { asText, asTime, type JsonObject } from './json';
import { asPriority, parseCore, type OpsReport } from './report';

export type Row = Pick<
  OpsReport,
  | 'id'
  | 'code'
  | 'version'
  | 'origin'
  | 'category'
  | 'area'
  | 'status'
  | 'priority'
  | 'emergency'
  | 'unit'
  | 'receivedAt'
  | 'dueAt'
  | 'hasContact'
> & {
  open: boolean;
  /** The beginning of its description, redacted. */
  summary: string;
};

/** Reads a row of the server; null when it cannot be told which report it is or how that stands. */
export function parseRow(raw: JsonObject): Row | null {
  const core = parseCore(raw);
  if (core === null) return null;
  return {
    ...core,
    priority: asPriority(raw['priority']),
    emergency: raw['emergency'] === true,
    open: raw['open'] === true,
    dueAt: asTime(raw['due']),
    hasContact: raw['has_contact'] === true,
    summary: asText(raw['summary']).normalize('NFC'),
  };
}

/** The row of a report that changed. Its summary stays the one the server made, unless the words were withdrawn. */
export function rowOf(report: OpsReport, held: Row): Row {
  return {
    ...held,
    version: report.version,
    category: report.category,
    area: report.area,
    status: report.status,
    priority: report.priority,
    emergency: report.emergency,
    open: report.closedAt === null,
    unit: report.unit,
    dueAt: report.dueAt,
    hasContact: report.hasContact,
    summary: report.withdrawn ? report.description : held.summary,
  };
}
