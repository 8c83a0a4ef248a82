// A report as the wall and the operators see it. Fields a reader cannot do without make the whole report
// unreadable (null); the rest fall back, so that one odd field never hides a report.
import { asCount, asNumber, asObject, asText, asTexts, asTime, type JsonObject } from './json';

export type State = 'normal' | 'attention' | 'warning' | 'critical';
export type Origin = 'real' | 'simulated' | 'replayed' | 'imported' | 'drill';
export type Priority = 'khan_cap' | 'cao' | 'binh_thuong' | 'thap';

export const statuses = [
  'moi',
  'can_bo_sung',
  'khong_tiep_nhan',
  'trung_lap',
  'da_tiep_nhan',
  'da_phan_cong',
  'tra_lai',
  'dang_xu_ly',
  'xin_gia_han',
  'da_xu_ly',
  'cong_khai',
  'mo_lai',
  'hoan_thanh',
] as const;
export type Status = (typeof statuses)[number];

export const nextActs = ['accept', 'assign', 'resolve', 'publish'] as const;
/** The act the running clock waits for; none while no clock runs. */
export type NextAct = (typeof nextActs)[number] | '';

export interface WallReport {
  id: string;
  code: string;
  version: number;
  origin: Origin;
  category: string;
  summary: string;
  lat: number | null;
  lon: number | null;
  area: string;
  path: string[];
  status: Status;
  state: State;
  open: boolean;
  /** The unit that is responsible; empty while none is. */
  unit: string;
  unitName: string;
  nextAct: NextAct;
  receivedAt: number;
  dueAt: number | null;
  closedAt: number | null;
}

export interface OpsReport {
  id: string;
  code: string;
  version: number;
  origin: Origin;
  category: string;
  description: string;
  address: string;
  lat: number | null;
  lon: number | null;
  area: string;
  path: string[];
  placeConfirmed: boolean;
  status: Status;
  priority: Priority;
  emergency: boolean;
  unit: string;
  /** The level of government that answers for it. */
  level: string;
  parent: string;
  source: string;
  receivedAt: number;
  occurredAt: number | null;
  /** The end of the clock that runs now: accept, assign, resolve or publish. */
  dueAt: number | null;
  closedAt: number | null;
  reason: string;
  answer: string;
  publicText: string;
  bounces: number;
  reopens: number;
  hasContact: boolean;
  /** How many photos are kept of it. */
  photos: number;
  withdrawn: boolean;
}

const states: readonly string[] = ['normal', 'attention', 'warning', 'critical'] satisfies State[];
const origins: readonly string[] = ['real', 'simulated', 'replayed', 'imported', 'drill'] satisfies Origin[];
const priorities: readonly string[] = ['khan_cap', 'cao', 'binh_thuong', 'thap'] satisfies Priority[];

export function asState(value: unknown): State | null {
  return states.includes(asText(value)) ? (value as State) : null;
}

/** An origin this build does not know is treated as simulated: it must never pass for real. */
export function asOrigin(value: unknown): Origin {
  return origins.includes(asText(value)) ? (value as Origin) : 'simulated';
}

function asStatus(value: unknown): Status | null {
  return (statuses as readonly string[]).includes(asText(value)) ? (value as Status) : null;
}

function asNextAct(value: unknown): NextAct {
  return (nextActs as readonly string[]).includes(asText(value)) ? (value as NextAct) : '';
}

export function asPriority(value: unknown): Priority {
  return priorities.includes(asText(value)) ? (value as Priority) : 'binh_thuong';
}

/** What no reader of a report can do without. */
interface Core {
  id: string;
  code: string;
  version: number;
  origin: Origin;
  category: string;
  /** The smallest area it lies in. */
  area: string;
  status: Status;
  receivedAt: number;
  unit: string;
}

/** Reads what every form of a report has; null when it cannot be told which report it is or how that stands. */
export function parseCore(raw: JsonObject): Core | null {
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
    receivedAt,
    unit: asText(raw['unit']),
  };
}

export function parseWallReport(raw: JsonObject): WallReport | null {
  const core = parseCore(raw);
  if (core === null) return null;
  return {
    ...core,
    summary: asText(raw['summary']).normalize('NFC'),
    lat: asNumber(raw['lat']),
    lon: asNumber(raw['lon']),
    path: asTexts(raw['path']),
    state: asState(raw['state']) ?? 'normal',
    open: raw['open'] === true,
    unitName: asText(raw['unit_name'], asText(raw['unit'])).normalize('NFC'),
    nextAct: asNextAct(raw['next_act']),
    dueAt: asTime(raw['due_at']),
    closedAt: asTime(raw['closed_at']),
  };
}

export function parseOpsReport(raw: JsonObject): OpsReport | null {
  const core = parseCore(raw);
  if (core === null) return null;
  const location = asObject(raw['location']);
  return {
    ...core,
    description: asText(raw['description']).normalize('NFC'),
    address: asText(raw['address']).normalize('NFC'),
    lat: asNumber(location?.['lat']),
    lon: asNumber(location?.['lon']),
    path: asTexts(raw['path']),
    placeConfirmed: raw['place_confirmed'] === true,
    priority: asPriority(raw['priority']),
    emergency: raw['emergency'] === true,
    level: asText(raw['level']),
    parent: asText(raw['parent']),
    source: asText(raw['source']),
    occurredAt: asTime(raw['occurred_at']),
    dueAt: asTime(asObject(raw['due'])?.['running']),
    closedAt: asTime(raw['closed_at']),
    reason: asText(raw['reason']),
    answer: asText(raw['answer']),
    publicText: asText(raw['public_text']),
    bounces: asCount(raw['bounces']) ?? 0,
    reopens: asCount(raw['reopens']) ?? 0,
    hasContact: raw['has_contact'] === true,
    photos: asCount(raw['photos']) ?? 0,
    withdrawn: asTime(raw['withdrawn_at']) !== null,
  };
}
