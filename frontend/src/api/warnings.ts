// Warnings to the public: writing one, letting a second person approve it, sending it, and what came of others.
import { asCount, asObject, asObjects, asText, asTexts, asTime, type JsonObject } from '../wire/json';
import { get, post, put, send } from './request';

export type Stage = 'draft' | 'waiting' | 'approved' | 'published' | 'dropped';
export type WarningAct = 'send' | 'recall' | 'approve' | 'reject' | 'publish' | 'drop';
export type WarningState = 'inforce' | 'waiting' | 'past';

export interface Words {
  event: string;
  headline: string;
  description: string;
  instruction: string;
}

/** A name in both languages. */
export interface Both {
  vi: string;
  en: string;
}

export interface TemplateField {
  name: string;
  label: Both;
  example: string;
}

export interface WarningTemplate {
  code: string;
  name: Both;
  category: string;
  urgency: string;
  severity: string;
  certainty: string;
  responseTypes: string[];
  riskLevel: number;
  hours: number;
  fields: TemplateField[];
  vi: Words;
  en: Words;
}

export interface RiskLevel {
  level: number;
  word: Both;
  severity: string;
}

export interface WarningBook {
  templates: WarningTemplate[];
  riskLevels: RiskLevel[];
  /** What the data of this house are. */
  origin: string;
}

export interface Draft {
  template: string;
  status: string;
  category: string;
  urgency: string;
  severity: string;
  certainty: string;
  responseTypes: string[];
  riskLevel: number;
  onset: number | null;
  expires: number | null;
  areas: string[];
  values: Record<string, string>;
  vi: Words;
  /** Null: Vietnamese alone. */
  en: Words | null;
  note: string;
}

export interface Told extends Words {
  language: string;
  areas: string[];
}

/** What the public reads, and what is missing before it may. */
export interface Preview {
  infos: Told[];
  xml: string;
  faults: { field: string; detail: string }[];
}

export interface WarningEntry {
  at: number | null;
  act: string;
  actor: string;
  reason: string;
}

export interface Warning {
  id: string;
  version: number;
  stage: Stage;
  msgType: string;
  title: string;
  inForce: boolean;
  draft: Draft;
  references: string[];
  writers: string[];
  approver: string;
  reason: string;
  changedAt: number | null;
  publishedAt: number | null;
  endedAt: number | null;
  endedBy: string;
  allowed: string[];
  /** Where everybody reads it; empty before it went out. */
  cap: string;
  /** Only of one that was asked for alone. */
  entries: WarningEntry[];
  preview: Preview | null;
}

/** A warning of somebody else. */
export interface Received {
  id: string;
  source: string;
  senderName: string;
  title: string;
  severity: string;
  status: string;
  msgType: string;
  areas: string[];
  outside: boolean;
  inForce: boolean;
  sentAt: number | null;
  expiresAt: number | null;
  endedAt: number | null;
  /** Only of one that was asked for alone. */
  infos: Told[];
}

export interface WarningFeed {
  host: string;
  goodAt: number | null;
  taken: number;
  refused: number;
  problem: string;
}

const base = '/api/v1/warnings';

export async function fetchWarningBook(): Promise<WarningBook> {
  const raw = await get('/api/v1/warning-templates');
  return {
    templates: asObjects(raw['templates']).map(parseTemplate),
    riskLevels: asObjects(raw['risk_levels']).map((each) => ({
      level: asCount(each['level']) ?? 0,
      word: parseBoth(each),
      severity: asText(each['severity']),
    })),
    origin: asText(raw['origin']),
  };
}

export async function listWarnings(state: WarningState): Promise<Warning[]> {
  return asObjects((await get(`${base}?state=${state}&limit=100`))['warnings']).map(parseWarning);
}

export async function listReceived(state: 'inforce' | 'past'): Promise<Received[]> {
  return asObjects((await get(`${base}/received?state=${state}&limit=50`))['warnings']).map(parseReceived);
}

export async function listWarningFeeds(): Promise<WarningFeed[]> {
  return asObjects((await get('/api/v1/warning-feeds'))['feeds']).map((raw) => ({
    host: asText(raw['host']),
    goodAt: asTime(raw['good_at']),
    taken: asCount(raw['taken']) ?? 0,
    refused: asCount(raw['refused']) ?? 0,
    problem: asText(raw['problem']),
  }));
}

export async function readWarning(id: string): Promise<Warning> {
  return parseWarning(await get(path(id)));
}

export async function readReceived(id: string): Promise<Received> {
  return parseReceived(await get(`${base}/received/${encodeURIComponent(id)}`));
}

/** Throws Problem: 422 with fields. */
export async function addWarning(draft: Draft): Promise<Warning> {
  return parseWarning(await post(base, writeDraft(draft)));
}

/** Throws Problem: 409 when somebody else changed it, 422 with fields. */
export async function changeWarning(id: string, version: number, draft: Draft): Promise<Warning> {
  return parseWarning(await put(path(id), { ...writeDraft(draft), version }));
}

export async function previewWarning(draft: Draft, msgType: string): Promise<Preview> {
  return parsePreview(await post(`${base}/preview`, { ...writeDraft(draft), msg_type: msgType }));
}

export async function actOnWarning(warning: Warning, act: WarningAct, reason = ''): Promise<Warning> {
  return parseWarning(await post(`${path(warning.id)}/acts`, { act, version: warning.version, reason }));
}

/** Begins the message that takes the place of a published one. */
export async function followWarning(id: string, kind: 'update' | 'cancel', reason: string): Promise<Warning> {
  return parseWarning(await post(`${path(id)}/${kind}`, { reason: reason.normalize('NFC') }));
}

/** Brings in a message of somebody else. Throws Problem: 422 with what is wrong with the file. */
export async function importWarning(file: Blob): Promise<Received> {
  const init = { method: 'POST', headers: { 'Content-Type': 'application/cap+xml', 'X-Toancanh': '1' }, body: file };
  return parseReceived(await send(`${base}/import`, init));
}

function path(id: string): string {
  return `${base}/${encodeURIComponent(id)}`;
}

function writeDraft(draft: Draft): JsonObject {
  const time = (ms: number | null): string | null => (ms === null ? null : new Date(ms).toISOString());
  const words = ({ event, headline, description, instruction }: Words): JsonObject => ({
    event: event.normalize('NFC'),
    headline: headline.normalize('NFC'),
    description: description.normalize('NFC'),
    instruction: instruction.normalize('NFC'),
  });
  return {
    template: draft.template,
    status: draft.status,
    category: draft.category,
    urgency: draft.urgency,
    severity: draft.severity,
    certainty: draft.certainty,
    response_types: draft.responseTypes,
    risk_level: draft.riskLevel,
    onset: time(draft.onset),
    expires: time(draft.expires),
    areas: draft.areas,
    values: draft.values,
    vi: words(draft.vi),
    en: draft.en === null ? null : words(draft.en),
    note: draft.note.normalize('NFC'),
  };
}

function parseBoth(raw: unknown): Both {
  const both = asObject(raw);
  return { vi: asText(both?.['vi']), en: asText(both?.['en']) };
}

function parseWords(raw: unknown): Words {
  const words = asObject(raw) ?? {};
  return {
    event: asText(words['event']),
    headline: asText(words['headline']),
    description: asText(words['description']),
    instruction: asText(words['instruction']),
  };
}

/** What a template and a draft have in common. */
function parseMeant(
  raw: JsonObject,
): Pick<Draft, 'category' | 'urgency' | 'severity' | 'certainty' | 'responseTypes' | 'riskLevel'> {
  return {
    category: asText(raw['category']),
    urgency: asText(raw['urgency']),
    severity: asText(raw['severity']),
    certainty: asText(raw['certainty']),
    responseTypes: asTexts(raw['response_types']),
    riskLevel: asCount(raw['risk_level']) ?? 0,
  };
}

function parseTemplate(raw: JsonObject): WarningTemplate {
  return {
    ...parseMeant(raw),
    code: asText(raw['code']),
    name: parseBoth(raw['name']),
    hours: asCount(raw['hours']) ?? 0,
    fields: asObjects(raw['fields']).map((field) => ({
      name: asText(field['name']),
      label: parseBoth(field['label']),
      example: asText(field['example']),
    })),
    vi: parseWords(raw['vi']),
    en: parseWords(raw['en']),
  };
}

function parseDraft(raw: JsonObject): Draft {
  const values = Object.entries(asObject(raw['values']) ?? {}).map(([name, value]) => [name, asText(value)]);
  return {
    ...parseMeant(raw),
    template: asText(raw['template']),
    status: asText(raw['status']),
    onset: asTime(raw['onset']),
    expires: asTime(raw['expires']),
    areas: asTexts(raw['areas']),
    values: Object.fromEntries(values) as Record<string, string>,
    vi: parseWords(raw['vi']),
    en: asObject(raw['en']) === null ? null : parseWords(raw['en']),
    note: asText(raw['note']),
  };
}

function parseTold(raw: JsonObject): Told {
  return { ...parseWords(raw), language: asText(raw['language']), areas: asTexts(raw['areas']) };
}

function parsePreview(raw: JsonObject): Preview {
  return {
    infos: asObjects(raw['infos']).map(parseTold),
    xml: asText(raw['xml']),
    faults: asObjects(raw['faults']).map((fault) => ({
      field: asText(fault['field']),
      detail: asText(fault['detail']),
    })),
  };
}

const stages: Readonly<Record<string, Stage>> = {
  draft: 'draft',
  waiting: 'waiting',
  approved: 'approved',
  published: 'published',
  dropped: 'dropped',
};

function parseWarning(raw: JsonObject): Warning {
  const preview = asObject(raw['public']);
  return {
    id: asText(raw['id']),
    version: asCount(raw['version']) ?? 0,
    stage: stages[asText(raw['stage'])] ?? 'dropped',
    msgType: asText(raw['msg_type']),
    title: asText(raw['title']),
    inForce: raw['in_force'] === true,
    draft: parseDraft(asObject(raw['draft']) ?? {}),
    references: asTexts(raw['references']),
    writers: asTexts(raw['writers']),
    approver: asText(raw['approver']),
    reason: asText(raw['reason']),
    changedAt: asTime(raw['changed_at']),
    publishedAt: asTime(raw['published_at']),
    endedAt: asTime(raw['ended_at']),
    endedBy: asText(raw['ended_by']),
    allowed: asTexts(raw['allowed']),
    cap: asText(raw['cap']),
    entries: asObjects(raw['entries']).map((entry) => ({
      at: asTime(entry['at']),
      act: asText(entry['act']),
      actor: asText(entry['actor']),
      reason: asText(entry['reason']),
    })),
    preview: preview === null ? null : parsePreview(preview),
  };
}

function parseReceived(raw: JsonObject): Received {
  return {
    id: asText(raw['id']),
    source: asText(raw['source']),
    senderName: asText(raw['sender_name']),
    title: asText(raw['title']),
    severity: asText(raw['severity']),
    status: asText(raw['status']),
    msgType: asText(raw['msg_type']),
    areas: asTexts(raw['areas']),
    outside: raw['outside'] === true,
    inForce: raw['in_force'] === true,
    sentAt: asTime(raw['sent_at']),
    expiresAt: asTime(raw['expires_at']),
    endedAt: asTime(raw['ended_at']),
    infos: asObjects(raw['infos']).map(parseTold),
  };
}
