// What becomes of a report between being taken in and being answered: the notes that hand it over, and visits to its site.
import { asCount, asObjects, asText, asTime, type JsonObject } from '../wire/json';
import { reportPath } from './reports';
import { get, post, put } from './request';

export const transferStates = ['chua_ky_so', 'da_ky_so', 'giay'] as const;
export type TransferState = (typeof transferStates)[number];

/** A numbered note that hands a report to a unit. */
export interface Transfer {
  id: string;
  /** "15/PC-IOC" */
  symbol: string;
  to: string;
  due: number | null;
  issuedAt: number | null;
  state: TransferState;
  serial: string;
  /** The address of its document. */
  pdf: string;
}

export interface Visit {
  id: string;
  team: string;
  askedAt: number | null;
  askedBy: string;
  note: string;
  arrivedAt: number | null;
  arrivedBy: string;
  /** How far from the report's place they said that they were there. */
  metres: number | null;
  doneAt: number | null;
  doneBy: string;
  result: string;
}

export async function listTransfers(report: string): Promise<Transfer[]> {
  return asObjects((await get(reportPath(report, '/transfers')))['transfers']).map(parseTransfer);
}

/** Says what became of a note. Throws Problem: 409 when it is signed, 422 with fields. */
export async function moveTransfer(id: string, state: TransferState, serial: string): Promise<Transfer> {
  return parseTransfer(await put(`/api/v1/transfers/${encodeURIComponent(id)}`, { state, serial }));
}

export async function listVisits(report: string): Promise<Visit[]> {
  return asObjects((await get(reportPath(report, '/visits')))['visits']).map(parseVisit);
}

/** Asks a team to look at the site. Throws Problem: 409 when the report changed, 422 with fields. */
export async function askVisit(report: string, asked: { team: string; note: string; version: number }): Promise<void> {
  await post(reportPath(report, '/visits'), { ...asked, note: asked.note.trim().normalize('NFC') });
}

function asTransferState(value: unknown): TransferState {
  return transferStates.find((state) => state === value) ?? 'chua_ky_so';
}

function parseTransfer(raw: JsonObject): Transfer {
  return {
    id: asText(raw['id']),
    symbol: asText(raw['symbol']),
    to: asText(raw['to_name'], asText(raw['to'])).normalize('NFC'),
    due: asTime(raw['due']),
    issuedAt: asTime(raw['issued_at']),
    state: asTransferState(raw['state']),
    serial: asText(raw['serial']),
    pdf: `/api/v1/transfers/${encodeURIComponent(asText(raw['id']))}.pdf`,
  };
}

function parseVisit(raw: JsonObject): Visit {
  return {
    id: asText(raw['id']),
    team: asText(raw['team_name']).normalize('NFC'),
    askedAt: asTime(raw['asked_at']),
    askedBy: asText(raw['asked_by']),
    note: asText(raw['note']).normalize('NFC'),
    arrivedAt: asTime(raw['arrived_at']),
    arrivedBy: asText(raw['arrived_by']),
    metres: asCount(raw['metres']),
    doneAt: asTime(raw['done_at']),
    doneBy: asText(raw['done_by']),
    result: asText(raw['result']).normalize('NFC'),
  };
}
