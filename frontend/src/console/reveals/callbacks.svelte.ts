import { getContext, setContext } from 'svelte';
import { listCallbacks, type Callback, type CallbackReason } from '../../api/contacts';
import { m } from '../../i18n/messages/messages.js';

const pollMs = 5000;

const reasonWords: Record<string, () => string> = {
  nguy_hiem_tinh_mang: m.callback_reason_life,
  xac_minh_vi_tri: m.callback_reason_place,
  huong_dan_so_cuu: m.callback_reason_first_aid,
  huong_dan_so_tan: m.callback_reason_evacuate,
  mat_lien_lac: m.callback_reason_cut_off,
};

/**
 * What the person at this console may do with contacts, and the call-backs of their area, asked for anew every few
 * seconds while the page is seen. start() begins asking; stop() ends it.
 */
export class Contacts {
  callbacks = $state.raw<readonly Callback[]>([]);
  reasons = $state.raw<readonly CallbackReason[]>([]);
  readonly mayReveal: boolean;
  readonly mayCall: boolean;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #stopped = true;

  constructor(may: { reveal: boolean; call: boolean }) {
    this.mayReveal = may.reveal;
    this.mayCall = may.call;
  }

  start(): void {
    this.#stopped = false;
    if (this.mayCall) void this.#poll();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Asks at once, as after a step. */
  async refresh(): Promise<void> {
    try {
      const { callbacks, reasons } = await listCallbacks();
      this.callbacks = callbacks;
      this.reasons = reasons;
    } catch {
      return; // the next turn asks again; what is shown says when it ends
    }
  }

  /** The words of a reason; one that this build does not know stands as the server says it. */
  word(code: string): string {
    return reasonWords[code]?.() ?? this.reasons.find((reason) => reason.code === code)?.label ?? code;
  }

  async #poll(): Promise<void> {
    if (document.visibilityState === 'visible') await this.refresh();
    if (!this.#stopped) this.#timer = setTimeout(() => void this.#poll(), pollMs);
  }
}

/** Under which components find what the console around them gives. */
export const contactsKey = Symbol('contacts');

export function provideContacts(contacts: Contacts): Contacts {
  return setContext(contactsKey, contacts);
}

/** What the console around gives; undefined outside of one. */
export function useContacts(): Contacts | undefined {
  return getContext(contactsKey);
}
