// A report as a long table shows it.
import { asCount, asText, asTime, type JsonObject } from './json';
import { asOrigin, asPriority, asStatus, type OpsReport, type Origin, type Priority, type Status } from './report';

export interface Row {
  id: string;
  code: string;
  version: number;
  origin: Origin;
  category: string;
  /** The smallest area it lies in. */
  area: string;
  status: Status;
  priority: Priority;
  emergency: boolean;
  open: boolean;
  unit: string;
  receivedAt: number;
  dueAt: number | null;
  hasContact: boolean;
  summary: string;
}

/** Reads a row of the server; null when it cannot be told which report it is or how that stands. */
export function parseRow(raw: JsonObject): Row | null {
  const id = asText(raw['id']);
  const version = asCount(raw['version']);
  const status = asStatus(raw['status']);
  const receivedAt = asTime(raw['received_at']);
  if (id === '' || version === null || status === null || receivedAt === null) return null;
  return {
    id,
    code: asText(raw['code']),
    version,
    origin: asOrigin(raw['origin']),
    category: asText(raw['category']),
    area: asText(raw['area']),
    status,
    priority: asPriority(raw['priority']),
    emergency: raw['emergency'] === true,
    open: raw['open'] === true,
    unit: asText(raw['unit']),
    receivedAt,
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
