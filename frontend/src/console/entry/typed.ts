// What an officer types, and the request that it makes.
import type { FieldFault } from '../../api/request';
import { m } from '../../i18n/messages/messages.js';
import type { JsonObject } from '../../wire/json';

export const channels = ['phone', 'zalo', 'counter', 'paper', 'staff'] as const;

export interface Typed {
  channel: string;
  category: string;
  text: string;
  /** Which of the two places counts. */
  where: 'commune' | 'point';
  /** The code of the commune that was chosen, and what was typed to find it. */
  commune: string;
  search: string;
  point: string;
  address: string;
  /** As the field has it, in the time of the centre; empty for now. */
  occurred: string;
  emergency: boolean;
  name: string;
  phone: string;
  email: string;
}

export const blank = (channel: string): Typed => ({
  channel,
  category: '',
  text: '',
  where: 'commune',
  commune: '',
  search: '',
  point: '',
  address: '',
  occurred: '',
  emergency: false,
  name: '',
  phone: '',
  email: '',
});

/** Two numbers as maps and people write them: "12.0041, 107.6907" or "12,0041; 107,6907". Null when they are not. */
export function pointOf(text: string): { lat: number; lon: number } | null {
  const found = /^\s*(-?\d{1,2}(?:[.,]\d+)?)(?:\s*;\s*|\s*,\s+|\s+|,(?=\d+\.))(-?\d{1,3}(?:[.,]\d+)?)\s*$/.exec(text);
  const degrees = (part: string | undefined): number => Number((part ?? '').replace(',', '.'));
  return found === null ? null : { lat: degrees(found[1]), lon: degrees(found[2]) };
}

/** What of it is plainly not there yet. */
export function missing(typed: Typed): FieldFault[] {
  const absent = (field: string, detail: string): FieldFault => ({ field, reason: 'required', detail });
  const faults: FieldFault[] = [];
  if (typed.channel === '') faults.push(absent('channel', m.entry_channel_missing()));
  if (typed.category === '') faults.push(absent('category', m.entry_category_missing()));
  if (typed.text.trim() === '') faults.push(absent('description', m.entry_text_missing()));
  if (typed.where === 'commune' && typed.commune === '') faults.push(absent('commune', m.entry_commune_missing()));
  if (typed.where === 'point' && pointOf(typed.point) === null)
    faults.push({ field: 'location', reason: 'format', detail: m.entry_point_wrong() });
  return faults;
}

/** The request: only what was filled in, texts in one Unicode form, times with their zone. */
export function entryRequest(typed: Typed): JsonObject {
  const said = (texts: Record<string, string>): JsonObject =>
    Object.fromEntries(
      Object.entries(texts).flatMap(([name, text]) => {
        const value = text.trim().normalize('NFC');
        return value === '' ? [] : [[name, value]];
      }),
    );
  const contact = said({ name: typed.name, phone: typed.phone, email: typed.email });
  return {
    ...said({ channel: typed.channel, category: typed.category, description: typed.text, address: typed.address }),
    ...(typed.where === 'commune' ? said({ commune: typed.commune }) : { location: pointOf(typed.point) }),
    ...(typed.occurred === '' ? {} : { occurred_at: new Date(`${typed.occurred}:00+07:00`).toISOString() }),
    ...(typed.emergency ? { emergency: true } : {}),
    ...(Object.keys(contact).length === 0 ? {} : { contact }),
  };
}

/** Where the server's fields were typed. */
const fields: Record<string, readonly (keyof Typed)[]> = {
  channel: ['channel'],
  category: ['category'],
  description: ['text'],
  commune: ['where', 'commune', 'search', 'point'],
  location: ['where', 'commune', 'search', 'point'],
  address: ['address'],
  occurred_at: ['occurred'],
  contact: ['name', 'phone', 'email'],
  name: ['name'],
  phone: ['phone'],
  email: ['email'],
};

/** The fields of the form in which a field of the request was typed. */
export function typedAt(field: string): readonly (keyof Typed)[] {
  const [whole = '', part = ''] = field.split('.');
  return fields[whole === 'contact' && part !== '' ? part : whole] ?? [];
}

/** Whether a fault has a field to stand at. */
export function isPlaced(field: string): boolean {
  return typedAt(field).length > 0;
}

/** What is wrong at a field, or at a part of it; empty when nothing is. */
export function faultAt(faults: readonly FieldFault[], ...names: string[]): string {
  const found = faults.find(({ field }) => names.some((name) => field === name || field.startsWith(`${name}.`)));
  return found === undefined ? '' : found.detail || m.field_wrong();
}
