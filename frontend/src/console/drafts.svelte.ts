import { SvelteMap } from 'svelte/reactivity';
import { emptyDraft, type Draft } from './actFields';

/**
 * Everything typed and not sent, by report and act. It lives apart from the reports, so that no live update,
 * no answer of the server and no walk to another report ever loses a word.
 */
export class Drafts {
  readonly #held = new SvelteMap<string, Draft>();

  /** The draft of an act on a report; made on first use with `start`. */
  of(id: string, act: string, start: Partial<Draft> = {}): Draft {
    const key = `${id}/${act}`;
    const held = this.#held.get(key);
    if (held !== undefined) return held;
    const draft = $state({ ...emptyDraft(), ...start });
    this.#held.set(key, draft);
    return draft;
  }

  drop(id: string, act: string): void {
    this.#held.delete(`${id}/${act}`);
  }
}
