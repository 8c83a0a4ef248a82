// What an officer writes down for somebody, from the first letter to the receipt.
import { enterReport, type Receipt } from '../../api/entries';
import { Problem, type FieldFault } from '../../api/request';
import { m } from '../../i18n/messages/messages.js';
import type { JsonObject } from '../../wire/json';
import { faultWord } from '../account/faults';
import type { Drafts } from '../drafts.svelte';
import { Table } from './table.svelte';
import { blank, entryRequest, isPlaced, missing, typedAt } from './typed';

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
    return this.#faults.filter(({ field }) => typedAt(field).every((name) => this.typed[name] === this.#judged[name]));
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
    if (err.status === 401) {
      this.fault = this.unsure ? m.entry_unsure() : ''; // they sign in, and are here again
      return;
    }
    // Only a judgement of what was sent says that it was not taken before.
    if (err.status === 422) this.unsure = false;
    this.#faults = err.fields;
    this.fault = err.fields.some(({ field }) => isPlaced(field)) ? '' : faultWord(err);
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
