// Decides what a wall's page shows: the wall, or, while this browser is nobody's screen, a code and nothing else. It asks the
// server at the start, while a code is shown, whenever an answer says that this page is nobody, and once in a while, so
// that its token is renewed long before it is old.
import type { Standing } from '../api/pairing';

/** Why a browser shows no wall. */
export interface Closed {
  code: string;
  lost: string;
  plain: boolean;
}

export type View = { kind: 'wall'; speaks: boolean } | ({ kind: 'closed' } & Closed);

export interface Gatekeeper {
  screenId: string;
  ask: (screenId: string) => Promise<Standing>;
  /** Called with what is to be shown, when that is another than before. */
  onView: (view: View) => void;
  /** Erases whatever this browser keeps of the wall. */
  forget: () => Promise<void>;
  /** Loads the page of a screen anew. */
  go: (screenId: string) => void;
  random?: () => number;
}

const pollMs = 2000;
const awayMs = 3000;
const renewMs = 6 * 60 * 60_000;
const doubtMs = 1000;

/** Watches over one page from its first question to stop(). */
export class Gate {
  readonly #keeper: Gatekeeper;
  readonly #random: () => number;
  #view: View = { kind: 'wall', speaks: true };
  #build = '';
  #asking = false;
  #again = false;
  #stopped = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(keeper: Gatekeeper) {
    this.#keeper = keeper;
    this.#random = keeper.random ?? Math.random;
  }

  /** Asks once, and goes on asking when it must. It never fails: a server that is away changes nothing. */
  async ask(): Promise<void> {
    if (this.#asking) {
      this.#again = true;
      return;
    }
    clearTimeout(this.#timer);
    this.#asking = true;
    let next = awayMs;
    try {
      next = this.#take(await this.#keeper.ask(this.#keeper.screenId));
    } catch {
      // As long as nobody says otherwise, what is shown stays.
    }
    this.#asking = false;
    if (this.#stopped) return;
    if (this.#again) next = doubtMs;
    this.#again = false;
    this.#timer = setTimeout(() => void this.ask(), next * (0.75 + this.#random() / 2));
  }

  /** Call when an answer says that this page is nobody. */
  doubt(): void {
    if (this.#view.kind === 'wall' && !this.#stopped) void this.ask();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  /** Takes an answer and returns when to ask again. */
  #take({ state, screen, code, lost, build }: Standing): number {
    if (this.#stopped) return awayMs;
    const { screenId, go } = this.#keeper;
    const closed = this.#view.kind === 'closed';
    if (state === 'waiting' || state === 'plain') {
      if (this.#build !== '' && build !== '' && build !== this.#build) go(screenId);
      if (build !== '') this.#build = build;
      this.#show({ kind: 'closed', code, lost, plain: state === 'plain' });
      return pollMs;
    }
    // A page that is let in begins anew: it takes up its place on the disk again, and its own address.
    if (closed || screen !== screenId) go(screen);
    else this.#show({ kind: 'wall', speaks: state !== 'person' });
    return renewMs;
  }

  #show(view: View): void {
    const before = this.#view;
    this.#view = view;
    if (JSON.stringify(before) === JSON.stringify(view)) return;
    this.#keeper.onView(view);
    if (view.kind === 'closed' && before.kind === 'wall') void this.#keeper.forget();
  }
}
