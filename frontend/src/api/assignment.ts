// The rules that propose a unit for a report, how often people chose another, and what was returned.
import { asCount, asNumber, asObject, asObjects, asText, asTime, type JsonObject } from '../wire/json';
import { get, put } from './request';

/** When a rule holds: always, or in such hours. */
export const ruleHours = ['', 'working', 'outside', 'holiday'] as const;

/** An empty field holds for all. */
export interface Rule {
  category: string;
  division: string;
  area: string;
  hours: string;
  unit: string;
}

export interface Rules {
  /** 0 while there are none. */
  version: number;
  madeAt: number | null;
  reason: string;
  list: Rule[];
}

interface Span {
  from: number | null;
  to: number | null;
}

export interface Overruled extends Span {
  /** Assignments that had a proposal, and those of them that went elsewhere; the share in per cent. */
  proposed: number;
  overruled: number;
  value: number | null;
  pairs: { category: string; proposed: string; chosen: string; times: number }[];
}

/** Hours by two clocks, which are never summed. */
export interface Lost {
  working: number;
  clock: number;
}

export interface Bounces extends Span {
  bounces: number;
  assignments: number;
  value: number | null;
  target: number | null;
  hours: Lost;
  /** To is empty where it went to nobody yet. */
  pairs: { from: string; fromName: string; to: string; toName: string; bounces: number; hours: Lost }[];
}

export async function fetchRules(): Promise<Rules> {
  return parseRules(await get('/api/v1/assignment'));
}

/** Makes a new version of the rules. Throws Problem: 409 when somebody else made one, 422 with fields. */
export async function changeRules(version: number, list: readonly Rule[], reason: string): Promise<Rules> {
  const rules = list.map((rule) => ({ ...rule }));
  return parseRules(await put('/api/v1/assignment', { version, reason: reason.trim().normalize('NFC'), rules }));
}

export async function fetchOverruled(): Promise<Overruled> {
  const raw = await get('/api/v1/assignment/overruled');
  return {
    from: asTime(raw['from']),
    to: asTime(raw['to']),
    proposed: asCount(raw['proposed']) ?? 0,
    overruled: asCount(raw['overruled']) ?? 0,
    value: asNumber(raw['value']),
    pairs: asObjects(raw['pairs']).map((item) => ({
      category: asText(item['category']),
      proposed: asText(item['proposed']),
      chosen: asText(item['chosen']),
      times: asCount(item['times']) ?? 0,
    })),
  };
}

export async function fetchBounces(): Promise<Bounces> {
  const raw = await get('/api/v1/bounces');
  return {
    from: asTime(raw['from']),
    to: asTime(raw['to']),
    bounces: asCount(raw['bounces']) ?? 0,
    assignments: asCount(raw['assignments']) ?? 0,
    value: asNumber(raw['value']),
    target: asNumber(raw['target']),
    hours: parseLost(raw['hours']),
    pairs: asObjects(raw['pairs']).map((item) => ({
      from: asText(item['from']),
      fromName: asText(item['from_name']).normalize('NFC'),
      to: asText(item['to']),
      toName: asText(item['to_name']).normalize('NFC'),
      bounces: asCount(item['bounces']) ?? 0,
      hours: parseLost(item['hours']),
    })),
  };
}

function parseLost(value: unknown): Lost {
  const raw = asObject(value);
  return { working: asNumber(raw?.['working']) ?? 0, clock: asNumber(raw?.['clock']) ?? 0 };
}

function parseRules(raw: JsonObject): Rules {
  return {
    version: asCount(raw['version']) ?? 0,
    madeAt: asTime(raw['made_at']),
    reason: asText(raw['reason']).normalize('NFC'),
    list: asObjects(raw['rules']).map((item) => ({
      category: asText(item['category']),
      division: asText(item['division']),
      area: asText(item['area']),
      hours: asText(item['hours']),
      unit: asText(item['unit']),
    })),
  };
}
