import { emptyDraft, type Draft } from './actFields';

/**
 * Everything typed and not sent, by report and act. It lives apart from the reports, so that no live update,
 * no answer of the server and no walk to another report ever loses a word. Each draft is reactive; which
 * drafts there are is not, because asking for one makes it.
 */
export class Drafts {
  #held: Record<string, Draft | undefined> = {};

  /** The draft of an act on a report; made on first use with `start`. */
  of(id: string, act: string, start: Partial<Draft> = {}): Draft {
    const key = `${id}/${act}`;
    const held = this.#held[key];
    if (held !== undefined) return held;
    const draft = $state({ ...emptyDraft(), ...start });
    this.#held[key] = draft;
    return draft;
  }

  drop(id: string, act: string): void {
    this.#held[`${id}/${act}`] = undefined;
  }
}
