import { attend, leave, type Attendance } from '../../api/together';

const everyMs = 10_000;
/** Who only passes by is not announced. */
const settleMs = 400;

/**
 * Who has a report open, and who writes in it. The lock only warns: the server refuses nobody because of it, and whoever
 * wants to can take it over. enter() begins saying that this page is here; go() ends it.
 */
export class Presence {
  now = $state.raw<Attendance>({ people: [], lock: null });
  #report = '';
  #typing = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #told = false;
  #turn = 0;
  readonly #page = crypto.randomUUID();

  /** The one who writes here and is not this page; null when nobody does. */
  get holder(): Attendance['lock'] {
    return this.now.lock?.own === false ? this.now.lock : null;
  }

  get others(): Attendance['people'] {
    return this.now.people.filter(({ own }) => !own);
  }

  enter(report: string): void {
    this.#report = report;
    this.#typing = false;
    this.#timer = setTimeout(() => void this.#tell(false), settleMs);
  }

  go(): void {
    clearTimeout(this.#timer);
    this.#turn++;
    if (this.#told) leave(this.#report, this.#page);
    this.#told = false;
    this.#report = '';
    this.now = { people: [], lock: null };
  }

  /** Begins to write, or ends it. */
  type(typing: boolean): void {
    if (typing === this.#typing || this.#report === '') return;
    this.#typing = typing;
    void this.#tell(false);
  }

  /** Takes over from who writes. */
  async take(): Promise<void> {
    this.#typing = true;
    await this.#tell(true);
  }

  /** Something changed elsewhere: it is asked for at once. */
  hear(report: string): void {
    if (report === this.#report && this.#told) void this.#tell(false);
  }

  async #tell(take: boolean): Promise<void> {
    clearTimeout(this.#timer);
    const turn = ++this.#turn;
    const report = this.#report;
    this.#told = true;
    try {
      const now = await attend(report, this.#page, { typing: this.#typing, take });
      if (turn === this.#turn) this.now = now;
    } catch {
      if (turn === this.#turn) this.now = { people: [], lock: null };
    }
    if (turn === this.#turn) this.#timer = setTimeout(() => void this.#tell(false), everyMs);
  }
}
