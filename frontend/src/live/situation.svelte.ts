import type { Frame } from '../wire/frame';
import type { ScreenState } from '../wire/screen';
import { Situation, type HeldLevel, type KeptTopic, type ReportKind, type Versioned } from './situation';

/**
 * The reactive face of a Situation: whatever reads it is run again when it changes, once per batch of
 * frames. Frames that arrive in one turn of the event loop are one batch.
 */
export class LiveSituation<R extends Versioned> {
  readonly #plain: Situation<R>;
  #revision = $state(0);
  #pending = false;

  constructor(kind: ReportKind<R>) {
    this.#plain = new Situation(kind);
  }

  /** Applies a frame; `now` is this machine's clock, or the time played when the past is looked at. */
  apply(frame: Frame, now = Date.now()): void {
    if (!this.#plain.apply(frame, now) || this.#pending) return;
    this.#pending = true;
    queueMicrotask(() => {
      this.#pending = false;
      this.#revision++;
    });
  }

  /** Everything held, to be put away. */
  keep(): KeptTopic<R>[] {
    return this.#plain.keep();
  }

  /** Begins with what was put away, or with nothing. */
  recall(kept: readonly KeptTopic<R>[]): void {
    this.#plain.recall(kept);
    this.#revision++;
  }

  /** Grows with every batch that changed something. */
  get revision(): number {
    return this.#revision;
  }

  get reports(): R[] {
    return this.#revision >= 0 ? this.#plain.reports() : [];
  }

  report(id: string): R | undefined {
    return this.#revision >= 0 ? this.#plain.report(id) : undefined;
  }

  screen(topic: string): ScreenState | undefined {
    return this.#revision >= 0 ? this.#plain.screen(topic) : undefined;
  }

  level(topic: string, key: string): HeldLevel | undefined {
    return this.#revision >= 0 ? this.#plain.level(topic, key) : undefined;
  }

  levels(prefix: string): HeldLevel[] {
    return this.#revision >= 0 ? this.#plain.levels(prefix) : [];
  }

  get truncated(): number {
    return this.#revision >= 0 ? this.#plain.truncated : 0;
  }
}
