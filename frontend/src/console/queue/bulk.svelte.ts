import { actOnMany, undoMany, type Outcome, type Versioned } from '../../api/bulk';
import { Problem, Unreachable } from '../../api/request';
import type { JsonObject } from '../../wire/json';
import { faultWord } from '../account/faults';
import { sendInChunks, type Progress } from './chunks';

/** So many go in one request: small enough to show how far it is, large enough to be quick. */
const chunk = 20;

/** One act on many reports: how far it is, what became of each, and until when it can be taken back. */
export class Bulk {
  /** The act that was done last, or is being done; empty for none. */
  act = $state('');
  progress = $state.raw<Progress | null>(null);
  outcomes = $state.raw<readonly Outcome[]>([]);
  /** What ended it early, in words. */
  fault = $state('');
  /** True when what is shown is how taking back went. */
  undone = $state(false);
  stopping = $state(false);

  get busy(): boolean {
    return this.progress !== null;
  }

  get done(): Outcome[] {
    return this.outcomes.filter(({ done }) => done);
  }

  get refused(): Outcome[] {
    return this.outcomes.filter(({ done }) => !done);
  }

  /** What can still be taken back at a time. */
  undoable(now: number): Outcome[] {
    return this.undone
      ? []
      : this.outcomes.filter(({ done, undoUntil }) => done && undoUntil !== null && undoUntil > now);
  }

  /** Does an act on each, as its actor saw it. */
  async run(act: JsonObject, name: string, reports: readonly Versioned[]): Promise<void> {
    this.act = name;
    this.undone = false;
    await this.#send(reports, (part, key) => actOnMany(act, part, key));
  }

  async undo(now: number): Promise<void> {
    const back = this.undoable(now).map(({ id, version }) => ({ id, version }));
    this.undone = true;
    await this.#send(back, undoMany);
  }

  stop(): void {
    this.stopping = true;
  }

  clear(): void {
    this.act = '';
    this.outcomes = [];
    this.fault = '';
    this.undone = false;
  }

  async #send(
    reports: readonly Versioned[],
    send: (part: readonly Versioned[], key: string) => Promise<Outcome[]>,
  ): Promise<void> {
    this.outcomes = [];
    this.fault = '';
    this.stopping = false;
    this.progress = { done: 0, of: reports.length };
    const { fault } = await sendInChunks(reports, {
      size: chunk,
      send: async (part, key) => {
        const outcomes = await send(part, key);
        this.outcomes = [...this.outcomes, ...outcomes];
        return outcomes;
      },
      again: (err) => err instanceof Unreachable || (err instanceof Problem && err.status >= 500),
      onProgress: (progress) => {
        this.progress = progress;
      },
      goOn: () => !this.stopping,
    });
    this.progress = null;
    if (fault !== null) this.fault = faultWord(fault);
  }
}
