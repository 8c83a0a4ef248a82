// What an officer writes down for somebody, from the first letter to the receipt.
import { enterReport, type Receipt } from '../../api/entries';
import { Problem, type FieldFault } from '../../api/request';
import { m } from '../../i18n/messages/messages.js';
import type { JsonObject } from '../../wire/json';
import { faultWord } from '../account/faults';
import type { Drafts } from '../drafts.svelte';
import { Table } from './table.svelte';

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

const blank = (channel: string): Typed => ({
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

/**
 * One form. Pressed twice it sends once; while nobody knows whether the server has it, what was sent stays as it is and
 * goes again under the same key.
 */
export class Entry {
  typed = $state(blank(''));
  fault = $state('');
  busy = $state(false);
  /** The answer was lost: the server may have it. */
  unsure = $state(false);
  receipt = $state.raw<Receipt | null>(null);
  #faults = $state.raw<readonly FieldFault[]>([]);
  /** What the faults were found in. */
  #judged = $state.raw(blank(''));
  #key = crypto.randomUUID();
  #sent: JsonObject = {};

  /** What is wrong; what was changed since stands no longer. */
  get faults(): readonly FieldFault[] {
    return this.#faults.filter(({ field }) => {
      const [whole = '', part = ''] = field.split('.');
      const names = fields[whole === 'contact' && part !== '' ? part : whole] ?? [];
      return names.every((name) => this.typed[name] === this.#judged[name]);
    });
  }

  /** Sends it; true once the server has it. */
  async send(): Promise<boolean> {
    if (this.busy) return false;
    this.fault = '';
    if (!this.unsure) {
      this.#judged = { ...this.typed };
      this.#faults = missing(this.typed);
      if (this.#faults.length > 0) return false;
      this.#sent = entryRequest(this.typed);
    }
    this.busy = true;
    try {
      this.receipt = await enterReport(this.#sent, this.#key);
      this.#clear();
      return true;
    } catch (err) {
      this.#refused(err);
      return false;
    } finally {
      this.busy = false;
    }
  }

  /** Begins another, which mostly comes by the same channel. */
  next(): void {
    this.receipt = null;
  }

  #refused(err: unknown): void {
    if (!(err instanceof Problem) || err.status >= 500) {
      this.unsure = true;
      this.fault = m.entry_unsure();
      return;
    }
    // Only a judgement of what was sent says that it was not taken before.
    if (err.status === 422) this.unsure = false;
    this.#faults = err.fields;
    this.fault = err.fields.some(({ field }) => placed(field)) ? '' : faultWord(err);
  }

  /** Nothing of who called stays behind. */
  #clear(): void {
    this.typed = blank(this.typed.channel);
    this.#sent = {};
    this.#key = crypto.randomUUID();
    this.unsure = false;
    this.#faults = [];
  }
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

/** Whether a fault has a field to stand at. */
function placed(field: string): boolean {
  return fields[field.split('.')[0] ?? ''] !== undefined;
}

/** What is wrong at a field, or at a part of it; empty when nothing is. */
export function faultAt(faults: readonly FieldFault[], ...names: string[]): string {
  const found = faults.find(({ field }) => names.some((name) => field === name || field.startsWith(`${name}.`)));
  return found === undefined ? '' : found.detail || m.field_wrong();
}

/** What waits on the page: it lives as long as its writer's drafts, a lost session included, and nowhere else. */
export interface Desktop {
  entry: Entry;
  table: Table;
}

const held = new WeakMap<Drafts, Desktop>();

export function desktopOf(drafts: Drafts): Desktop {
  const found = held.get(drafts) ?? { entry: new Entry(), table: new Table() };
  held.set(drafts, found);
  return found;
}
