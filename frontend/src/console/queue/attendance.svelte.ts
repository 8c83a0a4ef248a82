import { attend, leave, type Attendance } from '../../api/together';
import type { OpenReport } from '../../wire/queue';

const everyMs = 10_000;
/** Who only passes by is not announced. */
const settleMs = 400;
/** So much earlier than the answer to this page may be what is said of it on the feed. */
const earlierMs = 500;

const nobody: Attendance = { people: [], lock: null, until: 0 };

/**
 * Who has a report open, and who writes in it. The lock only warns: the server refuses nobody because of it, and whoever
 * wants to can take it over. enter() begins saying that this page has a report open; go() ends it.
 */
export class Presence {
  now = $state.raw<Attendance>(nobody);
  /** The id of who sits here, as colleagues are told; empty until it was. */
  self = $state('');
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
    this.go(this.#report);
    this.#report = report;
    this.#typing = false;
    this.#timer = setTimeout(() => void this.#tell(false), settleMs);
  }

  go(report: string): void {
    if (report !== this.#report || report === '') return;
    clearTimeout(this.#timer);
    this.#turn++;
    if (this.#told) leave(this.#report, this.#page);
    this.#told = false;
    this.#report = '';
    this.now = nobody;
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

  /** Takes in what the feed says, unless this page knows better. */
  hear(said: OpenReport | undefined): void {
    if (said === undefined || !this.#told || said.until < this.now.until - earlierMs) return;
    this.now = {
      people: said.people.map((person) => ({ ...person, own: person.id === this.self })),
      lock: said.lock === null ? null : { ...said.lock, own: said.lock.page === this.#page },
      until: said.until,
    };
  }

  async #tell(take: boolean): Promise<void> {
    clearTimeout(this.#timer);
    const turn = ++this.#turn;
    const report = this.#report;
    this.#told = true;
    this.#timer = setTimeout(() => void this.#tell(false), everyMs);
    try {
      const now = await attend(report, this.#page, { typing: this.#typing, take });
      if (turn !== this.#turn) return;
      this.now = now;
      this.self = now.people.find(({ own }) => own)?.id ?? this.self;
    } catch {
      if (turn === this.#turn) this.now = nobody;
    }
  }
}
