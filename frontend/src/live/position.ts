import type { Beat, EventFrame, SnapshotFrame } from '../wire/frame';

/** What an event means for the numbering of its topic. */
export type Step = 'next' | 'old' | 'gap' | 'unplaced';

/**
 * Where this page stands in every topic it listens to. Numbers have no gaps within a topic and an epoch, so
 * a jump, or a head that is never reached, is proof of a loss.
 */
export class Positions {
  readonly #topics: readonly string[];
  readonly #seqs = new Map<string, number>();
  readonly #owed = new Map<string, { head: number; since: number; ahead: boolean }>();
  #epoch = '';

  constructor(topics: readonly string[]) {
    this.#topics = topics;
  }

  /** The highest number applied, over all topics; 0 before the first. For the screen's own report. */
  get highest(): number {
    return Math.max(0, ...this.#seqs.values());
  }

  /** The `since` parameter of /live: empty without a position. */
  get since(): string {
    if (this.#epoch === '' || this.#seqs.size === 0) return '';
    return `${this.#epoch}:${[...this.#seqs].map(([topic, seq]) => `${topic}=${String(seq)}`).join(',')}`;
  }

  /** Notes the epoch a server speaks of. Another epoch makes every number meaningless: true when it did. */
  enter(epoch: string): boolean {
    if (epoch === this.#epoch || epoch === '') return false;
    const changed = this.#epoch !== '';
    this.#seqs.clear();
    this.#owed.clear();
    this.#epoch = epoch;
    return changed;
  }

  place(frame: SnapshotFrame): void {
    this.enter(frame.epoch);
    this.#seqs.set(frame.topic, frame.seq);
    this.#owed.delete(frame.topic);
  }

  step(frame: EventFrame): Step {
    const seq = this.#seqs.get(frame.topic);
    if (seq === undefined) return 'unplaced';
    if (frame.seq <= seq) return 'old';
    if (frame.seq > seq + 1) return 'gap';
    this.#seqs.set(frame.topic, frame.seq);
    return 'next';
  }

  /** Forgets a topic, so that the next `since` asks for its snapshot. */
  forget(topic: string): void {
    this.#seqs.delete(topic);
    this.#owed.delete(topic);
  }

  /** Takes in the heads of a beat. An older head not reached yet stays owed, so that a loss cannot hide. */
  hear(beat: Beat, now: number): void {
    for (const topic of this.#topics) {
      if (this.#isOwed(topic)) continue;
      const seq = this.#seqs.get(topic);
      const head = beat.heads.get(topic) ?? seq ?? 0;
      this.#owed.set(topic, { head, since: now, ahead: seq !== undefined && seq > head });
    }
  }

  /** True when a beat was heard and every topic stands at, or past, the head it announced. */
  get settled(): boolean {
    return this.#owed.size > 0 && !this.#topics.some((topic) => !this.#seqs.has(topic) || this.#isOwed(topic));
  }

  /** The topics whose announced head was not reached within `graceMs`, or lay below where this page stood. */
  late(now: number, graceMs: number): string[] {
    return this.#topics.filter((topic) => {
      const owed = this.#owed.get(topic);
      return owed !== undefined && this.#isOwed(topic) && now - owed.since > graceMs;
    });
  }

  /** A new connection owes nothing yet: it must hear a beat of its own before it can be trusted. */
  reopen(): void {
    this.#owed.clear();
  }

  #isOwed(topic: string): boolean {
    const owed = this.#owed.get(topic);
    return owed !== undefined && (owed.ahead || (this.#seqs.get(topic) ?? -1) < owed.head);
  }
}
