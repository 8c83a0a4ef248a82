import { SvelteSet } from 'svelte/reactivity';
import { fetchAlarms, type AlarmPage } from '../../api/alarms';
import { byUrgency, isPressing } from '../../rules/alarm';
import { Slots } from '../../rules/slots';
import { parseAlarm, type Alarm } from '../../wire/alarm';
import type { Frame } from '../../wire/frame';
import { asked, everyAlarm, matches, type AlarmFilter } from './filter';
import { heldOf, setOf } from './held';

/** The server hands out so many at once; so many pages are fetched of what no snapshot has room for. */
const pageSize = 200;
const mostPages = 60;

/** Nobody reads faster. */
const leastMs = 100;

/** An alarm that was taken keeps its pinned row for so long: the next one must not come under a finger that is pressing. */
const restMs = 4000;
/** So many rows are pinned; what is beyond them is counted and stands in the list. */
export const mostPinned = 40;
/** And so many are seen at once: the room they have whether or not there are any. */
export const pinnedRows = 3;

/**
 * The alarms a desk works through. Rows change in place as alarms do, but none is added, dropped or moved until the person
 * asks: what lies under the pointer stays there. Only a high alarm that nobody has taken does not wait: it has a place of its
 * own above the list, which is always there.
 */
export class AlarmBook {
  readonly filter = $state<AlarmFilter>({ ...everyAlarm });
  /** In order, as they stood when the list was made. */
  ids = $state.raw<readonly string[]>([]);
  loading = $state(false);
  failed = $state(false);
  /** Alarms that would stand in the list if it were made now. */
  readonly #fresh = new SvelteSet<string>();
  /** Grows with every batch of changes; the alarms themselves are plain. */
  #revision = $state(0);
  readonly #held: Map<string, Alarm>;
  readonly #slots = new Slots();
  #slotted = setOf([]);
  #listed = setOf([]);
  #next = $state('');
  #pending: ReturnType<typeof setTimeout> | undefined;
  #asking: AbortController | null = null;
  /** The newest snapshot was cut: what it left out has to be asked for. */
  #short = false;
  /** Nothing was known when it began. */
  #blank: boolean;

  /** Begins with what is known already; `truncated` says that it is not all. */
  constructor(known: readonly Alarm[], truncated: boolean) {
    this.#held = heldOf(known);
    this.#short = truncated;
    this.#blank = known.length === 0;
  }

  stop(): void {
    clearTimeout(this.#pending);
    this.#asking?.abort();
  }

  get freshCount(): number {
    return this.#fresh.size;
  }

  get hasMore(): boolean {
    return this.#next !== '';
  }

  alarm(id: string): Alarm | undefined {
    return this.#revision >= 0 ? this.#held.get(id) : undefined;
  }

  /** Everything held that is not closed. */
  get open(): Alarm[] {
    return this.#revision >= 0 ? [...this.#held.values()].filter(({ state }) => state !== 'closed') : [];
  }

  /** The high alarms that nobody has taken, each in the row that it keeps; with them those taken a moment ago. */
  pinned(now: number): (string | null)[] {
    const rest = ({ priority, ackedAt }: Alarm): boolean =>
      priority === 'high' && ackedAt !== null && now - ackedAt < restMs;
    const wanted = this.open.filter((alarm) => isPressing(alarm) || (this.#slotted.has(alarm.id) && rest(alarm)));
    const rows = this.#slots.place(
      wanted.sort(byUrgency).map(({ id }) => id),
      Math.max(pinnedRows, Math.min(mostPinned, wanted.length)),
    );
    const slotted = setOf(rows.filter((id) => id !== null));
    const left = [...this.#slotted].filter((id) => !slotted.has(id));
    this.#slotted = slotted;
    // What leaves its pinned row is news to the list. Not now: this is read while the page is drawn.
    if (left.length > 0)
      setTimeout(() => {
        for (const id of left) this.#wait(id);
      });
    return rows;
  }

  /** Takes in what the live stream says. */
  hear(frame: Frame): void {
    if (frame.type === 'snapshot') {
      const there = setOf(frame.alarms.flatMap((raw) => this.keep(parseAlarm(raw))?.id ?? []));
      this.#short = Object.values(frame.alarmsTruncated).some((count) => count > 0);
      // What a whole snapshot does not name is over.
      if (!this.#short) {
        for (const alarm of this.#held.values()) {
          if (!there.has(alarm.id) && alarm.state !== 'closed') this.#held.set(alarm.id, { ...alarm, state: 'closed' });
        }
      }
      if (this.#blank) void this.load();
      else if (this.#short) void this.#fetchRest();
      this.#blank = false;
      this.#tell();
    } else if (frame.type === 'event' && frame.kind === 'alarm' && frame.data !== null)
      this.keep(parseAlarm(frame.data));
    else if (frame.type === 'event' && frame.kind === 'gone') this.#drop(frame.id, frame.version);
  }

  /** Keeps an alarm unless a newer version is held; returns the newest. */
  keep(alarm: Alarm | null): Alarm | null {
    if (alarm === null) return null;
    const held = this.#held.get(alarm.id);
    if (held !== undefined && held.version > alarm.version) return held;
    this.#held.set(alarm.id, alarm);
    this.#wait(alarm.id);
    if (alarm.state === 'closed' && !this.#listed.has(alarm.id)) this.#held.delete(alarm.id);
    this.#tell();
    return alarm;
  }

  /** Has an alarm wait for the list if it belongs there. */
  #wait(id: string): void {
    const alarm = this.#held.get(id);
    if (alarm === undefined || this.#listed.has(id)) return;
    const belongs = this.filter.view !== 'closed' && matches(alarm, this.filter) && !this.#apart(alarm);
    if (belongs) this.#fresh.add(id);
    else this.#fresh.delete(id);
    this.#tell();
  }

  /** Whether it stands in the place above the list. */
  #apart(alarm: Alarm): boolean {
    return this.#slotted.has(alarm.id) || (isPressing(alarm) && this.#slotted.size < mostPinned);
  }

  /** Makes the list anew by its filter. */
  async load(): Promise<void> {
    this.#asking?.abort();
    this.#next = '';
    if (this.filter.view === 'closed') {
      this.#list([]);
      await this.more();
      return;
    }
    this.#listOpen();
    if (!this.#short) return;
    await this.#fetchRest();
    this.#listOpen();
  }

  #listOpen(): void {
    const all = this.open.filter((alarm) => matches(alarm, this.filter) && !this.#apart(alarm));
    this.#list(all.sort(byUrgency).map(({ id }) => id));
  }

  /** Fetches the next page of alarms that are closed. */
  async more(): Promise<void> {
    if (this.loading || this.filter.view !== 'closed') return;
    const cursor = this.#next;
    const page = await this.#ask(asked(this.filter), cursor);
    if (page === null) return;
    for (const alarm of page.alarms) this.#held.set(alarm.id, alarm);
    this.#list([...(cursor === '' ? [] : this.ids), ...page.alarms.map(({ id }) => id)]);
    this.#next = page.next;
  }

  /** Fetches the open alarms that no snapshot had room for. */
  async #fetchRest(): Promise<void> {
    let cursor = '';
    for (let n = 0; n < mostPages; n++) {
      const page = await this.#ask({ state: 'open' }, cursor);
      if (page === null) return;
      for (const alarm of page.alarms) this.keep(alarm);
      cursor = page.next;
      if (cursor === '') break;
    }
    this.#short = false;
  }

  #list(ids: readonly string[]): void {
    this.#listed = setOf(ids);
    this.ids = ids;
    this.#fresh.clear();
    this.#tell();
  }

  #drop(id: string, version: number): void {
    const held = this.#held.get(id);
    if (held === undefined || held.version > version) return;
    this.#fresh.delete(id);
    if (this.#listed.has(id)) this.#held.set(id, { ...held, state: 'closed' });
    else this.#held.delete(id);
    this.#tell();
  }

  #tell(): void {
    this.#pending ??= setTimeout(() => {
      this.#pending = undefined;
      this.#revision++;
      // Where nothing stands nothing can move: what comes need not wait.
      if (this.ids.length === 0 && this.#fresh.size > 0) this.#listOpen();
    }, leastMs);
  }

  async #ask(filter: Readonly<Record<string, string>>, cursor: string): Promise<AlarmPage | null> {
    this.#asking?.abort();
    const asking = (this.#asking = new AbortController());
    this.loading = true;
    try {
      const page = await fetchAlarms(filter, { cursor, limit: pageSize }, asking.signal);
      this.failed = false;
      return asking === this.#asking ? page : null;
    } catch {
      if (asking === this.#asking) this.failed = true;
      return null;
    } finally {
      if (asking === this.#asking) {
        this.#asking = null;
        this.loading = false;
      }
    }
  }
}
