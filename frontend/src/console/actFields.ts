import { m } from '../i18n/messages/messages.js';
import type { JsonObject } from '../wire/json';

export type FieldName = 'unit' | 'reason' | 'text' | 'parent' | 'until' | 'area' | 'level';

/** For whose eyes a text is: of the house, also of the sender, or of everybody. */
export type Audience = 'internal' | 'sender' | 'public';

export interface ActField {
  name: FieldName;
  label: () => string;
  input: 'text' | 'lines' | 'unit' | 'area' | 'level' | 'moment';
  required: boolean;
  /** Of texts only. */
  audience?: Audience;
}

const reason: ActField = {
  name: 'reason',
  label: m.field_reason,
  input: 'lines',
  required: true,
  audience: 'internal',
};
/** A reason that the sender is told. */
const told: ActField = { ...reason, audience: 'sender' };
const text = (label: () => string, audience: Audience): ActField => ({
  name: 'text',
  label,
  input: 'lines',
  required: true,
  audience,
});
const until = (required: boolean): ActField => ({ name: 'until', label: m.field_until, input: 'moment', required });

const fields: Record<string, readonly ActField[]> = {
  refuse: [told],
  ask: [told],
  return: [reason],
  reopen: [reason],
  withdraw: [reason],
  deny_extension: [reason],
  request_extension: [until(true), reason],
  approve_extension: [until(false)],
  assign: [{ name: 'unit', label: m.field_unit, input: 'unit', required: true }],
  resolve: [text(m.field_answer, 'internal')],
  publish: [text(m.field_public_text, 'public')],
  supplement: [text(m.field_supplement, 'internal')],
  merge: [{ name: 'parent', label: m.field_parent, input: 'text', required: true }],
  escalate: [{ name: 'level', label: m.field_level, input: 'level', required: true }, reason],
  confirm_place: [{ name: 'area', label: m.field_area, input: 'area', required: false }],
};

/** What an act asks of its actor; nothing for most. */
export function fieldsOf(act: string): readonly ActField[] {
  return fields[act] ?? [];
}

/** What was typed for an act that is not done yet. */
export type Draft = Record<FieldName, string>;

export const emptyDraft = (): Draft => ({ unit: '', reason: '', text: '', parent: '', until: '', area: '', level: '' });

/** The request for an act: only the fields it has, times with their zone, text in one Unicode form. */
export function actRequest(act: string, version: number, draft: Draft): JsonObject {
  return { ...bulkRequest(act, draft), version };
}

/** The same for many at once, each of which has its own version. */
export function bulkRequest(act: string, draft: Draft): JsonObject {
  const filled = fieldsOf(act).flatMap(({ name, input }) => {
    const value = draft[name].trim().normalize('NFC');
    if (value === '') return [];
    return [[name, input === 'moment' ? new Date(`${value}:00+07:00`).toISOString() : value] as const];
  });
  return { act, ...Object.fromEntries(filled) };
}
