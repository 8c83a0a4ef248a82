// Which open reports will probably miss their due date, and how good that forecast is.
import { asCount, asNumber, asObject, asObjects, asText, asTime, type JsonObject } from '../wire/json';
import { send } from './request';

/** How well warnings met what happened; shares from 0 to 1. */
export interface Score {
  precision: number | null;
  recall: number | null;
  f1: number | null;
}

export interface Skill {
  from: number | null;
  to: number | null;
  learned: number;
  judged: number;
  missed: number;
  /** The rule, and what anybody sees without it. */
  rule: Score;
  notStarted: Score;
  allDue: Score;
}

export interface Warned {
  id: string;
  code: string;
  category: string;
  unit: string;
  area: string;
  due: number | null;
  /** To miss its due date, from 0 to 1. */
  chance: number | null;
  why: string;
  /** What may still help: assign, remind, extend or decide. */
  act: string;
}

export interface Forecast {
  shown: boolean;
  whyNot: string;
  /** Null until something was learned. */
  skill: Skill | null;
  asOf: number | null;
  reports: Warned[];
  /** There are more than are told. */
  more: boolean;
}

/** Asked for by the page on its own, it keeps no idle session alive. */
export async function fetchForecast(): Promise<Forecast> {
  return parseForecast(
    await send('/api/v1/forecast', { headers: { Accept: 'application/json', 'X-Toancanh-Idle': '1' } }),
  );
}

export function parseForecast(raw: JsonObject): Forecast {
  return {
    shown: raw['shown'] === true,
    whyNot: asText(raw['why_not']).normalize('NFC'),
    skill: parseSkill(asObject(raw['skill'])),
    asOf: asTime(raw['as_of']),
    reports: asObjects(raw['reports']).map((item) => ({
      id: asText(item['id']),
      code: asText(item['code']),
      category: asText(item['category']),
      unit: asText(item['unit']),
      area: asText(item['area']),
      due: asTime(item['due']),
      chance: asNumber(item['chance']),
      why: asText(item['why']).normalize('NFC'),
      act: asText(item['act']),
    })),
    more: raw['more'] === true,
  };
}

function parseSkill(raw: JsonObject | null): Skill | null {
  if (raw === null) return null;
  return {
    from: asTime(raw['from']),
    to: asTime(raw['to']),
    learned: asCount(raw['learned']) ?? 0,
    judged: asCount(raw['judged']) ?? 0,
    missed: asCount(raw['missed']) ?? 0,
    rule: parseScore(raw['rule']),
    notStarted: parseScore(raw['not_started']),
    allDue: parseScore(raw['all_due']),
  };
}

function parseScore(value: unknown): Score {
  const raw = asObject(value);
  return { precision: asNumber(raw?.['precision']), recall: asNumber(raw?.['recall']), f1: asNumber(raw?.['f1']) };
}
