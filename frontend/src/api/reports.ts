import { asArray, asCount, asObject, asObjects, asText, asTexts, asTime, type JsonObject } from '../wire/json';
import { parseOpsReport, type OpsReport } from '../wire/report';
import { get, post } from './request';

export interface Entry {
  n: number;
  act: string;
  from: string;
  to: string;
  actor: string;
  unit: string;
  reason: string;
  text: string;
  /** The unit that the rules proposed, at an assignment. */
  proposed: string;
  level: string;
  /** What the sender thinks of the result and of how it was reached; empty elsewhere. */
  solved: string;
  manner: string;
  at: number;
}

/** The unit that the rules propose, and why; a person decides. */
export interface Proposal {
  unit: string;
  why: string;
}

/** What a door asked beside the description, with the sender's answer. */
export interface Attribute {
  code: string;
  name: string;
  values: string[];
}

export interface ReportDetail {
  report: OpsReport;
  entries: Entry[];
  allowed: string[];
  /** Null while nobody can be assigned. */
  proposal: Proposal | null;
  attributes: Attribute[];
  /** Names of people, by the actor of an entry. */
  actors: ReadonlyMap<string, string>;
}

export interface Named {
  code: string;
  name: string;
}

export async function fetchReport(id: string, given?: AbortSignal): Promise<ReportDetail> {
  return readDetail(await get(reportPath(id), given));
}

/** Does an act on the version its actor saw. Throws Problem: 409 when it changed, 422 with fields. */
export async function performAct(id: string, act: JsonObject): Promise<Pick<ReportDetail, 'report' | 'allowed'>> {
  return readDetail(await post(reportPath(id, '/acts'), act));
}

/** The address of a report, or of something below it. */
export function reportPath(id: string, below = ''): string {
  return `/api/v1/reports/${encodeURIComponent(id)}${below}`;
}

export async function fetchCategories(): Promise<Named[]> {
  return readNamed((await get('/api/v1/categories'))['categories']);
}

export async function fetchUnits(): Promise<Named[]> {
  return readNamed((await get('/api/v1/units'))['units']);
}

function readReport(value: unknown): OpsReport | null {
  const raw = asObject(value);
  return raw === null ? null : parseOpsReport(raw);
}

function readDetail(raw: JsonObject): ReportDetail {
  const report = readReport(raw['report']);
  if (report === null) throw new Error('the answer holds no readable report');
  return {
    report,
    entries: asArray(raw['acts']).flatMap(readEntry),
    allowed: asTexts(raw['allowed']),
    proposal: readProposal(asObject(raw['proposal'])),
    attributes: asObjects(raw['attributes']).map((item) => ({
      code: asText(item['code']),
      name: asText(item['name'], asText(item['code'])).normalize('NFC'),
      values: asTexts(item['values']),
    })),
    actors: new Map(
      Object.entries(asObject(raw['actors']) ?? {}).map(([actor, name]) => [actor, asText(name).normalize('NFC')]),
    ),
  };
}

function readProposal(raw: JsonObject | null): Proposal | null {
  const unit = asText(raw?.['unit']);
  return unit === '' ? null : { unit, why: asText(raw?.['why']).normalize('NFC') };
}

function readEntry(value: unknown): Entry[] {
  const raw = asObject(value);
  const at = asTime(raw?.['at']);
  if (raw === null || at === null) return [];
  const text = (name: string): string => asText(raw[name]);
  return [
    {
      n: asCount(raw['n']) ?? 0,
      act: text('act'),
      from: text('from'),
      to: text('to'),
      actor: text('actor'),
      unit: text('unit'),
      reason: text('reason'),
      text: text('text'),
      proposed: text('proposed'),
      level: text('level'),
      solved: text('solved'),
      manner: text('manner'),
      at,
    },
  ];
}

function readNamed(value: unknown): Named[] {
  return asArray(value).flatMap((item) => {
    const raw = asObject(item);
    return raw === null ? [] : [{ code: asText(raw['code']), name: asText(raw['name']).normalize('NFC') }];
  });
}
