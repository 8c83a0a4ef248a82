import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import { Problem } from '../api/request';
import { fetchRows, type RowPage, type Total } from '../api/rows';
import type { OpsReport, Origin } from '../wire/report';
import type { Row } from '../wire/row';
import { everyday, matches, searchOf, type Filter } from './queue/filter';
import { originsOf, Rows } from './queue/rows';

/** The first page is small: it is what one waits for. */
const firstPage = 100;
const laterPage = 1000;

/**
 * The list a person works through: tens of thousands of rows. Rows change in place as reports change, but none is added,
 * dropped or moved until the person asks: what lies under the pointer stays there. The rows are plain; whoever reads one
 * reads the revision with it, for a few dozen are on the screen and all others nobody watches.
 */
export class Queue {
  readonly filter = $state<Filter>({ ...everyday });
  /** In order, as the server listed them; a row that may not be seen any more stays as an empty place. */
  ids = $state.raw<readonly string[]>([]);
  total = $state.raw<Total | null>(null);
  loading = $state(false);
  failed = $state(false);
  /** What the server found wrong with the filter; empty when nothing. */
  fault = $state('');
  /** True after an interruption: the list may lack things nobody counted. */
  uncertain = $state(false);
  /** Where what is listed comes from. */
  origins = $state.raw<readonly Origin[]>([]);
  /** True before the first answer. */
  blank = $state(true);

  #revision = $state(0);
  #next = $state('');
  readonly #rows = new Rows();
  /** The reports somebody has opened. */
  readonly #opened = new SvelteMap<string, OpsReport>();
  readonly #expected = new SvelteSet<string>();
  /** Reports that would stand in the list if it were fetched now. */
  readonly #fresh = new SvelteSet<string>();
  #asked: Filter = { ...everyday };
  #asking: AbortController | null = null;
  readonly #now: () => number;

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  get freshCount(): number {
    return this.#fresh.size;
  }

  get hasMore(): boolean {
    return this.#next !== '';
  }

  /** How many there are in all, as far as anybody knows; null when nobody does. */
  get count(): number | null {
    if (!this.hasMore) return this.ids.length;
    return this.total?.exact === true ? Math.max(this.total.count, this.ids.length) : null;
  }

  row(id: string): Row | undefined {
    return this.#revision >= 0 ? this.#rows.get(id) : undefined;
  }

  /** A report that was opened here. */
  get(id: string): OpsReport | undefined {
    return this.#opened.get(id);
  }

  /** Fetches the list from its beginning. A question that is asked meanwhile ends this one. */
  async load(): Promise<void> {
    this.#asked = { ...this.filter };
    const page = await this.#ask({ cursor: '', limit: firstPage });
    if (page === null) return;
    this.#rows.clear();
    this.#fresh.clear();
    this.uncertain = false;
    this.blank = false;
    this.total = page.total;
    this.#take(page, []);
  }

  async more(): Promise<void> {
    if (this.#next === '' || this.loading) return;
    const page = await this.#ask({ cursor: this.#next, limit: laterPage });
    if (page !== null) this.#take(page, this.ids);
  }

  /** Fetches all there are; ends when asked to, when something fails, and when another question is asked. */
  async all(goOn: () => boolean): Promise<void> {
    const asked = this.#asked;
    while (this.hasMore && goOn() && this.#asked === asked) {
      const before = this.ids.length;
      await this.more();
      if (this.ids.length === before) return;
    }
  }

  /** Takes in a report from the live stream. */
  hear(report: OpsReport): void {
    if (this.#rows.get(report.id) !== undefined) this.#change(report);
    else if (matches(report, this.#asked, this.#now())) this.#fresh.add(report.id);
    else this.#fresh.delete(report.id);
    if (this.#opened.has(report.id) || this.#expected.has(report.id)) this.keep(report);
  }

  /** Keeps an opened report unless a newer version is held. */
  keep(report: OpsReport): void {
    const held = this.#opened.get(report.id);
    if (held === undefined || held.version <= report.version) this.#opened.set(report.id, report);
    this.#change(report);
  }

  /** Notes that a report is being opened: what is heard of it meanwhile is newer than what was asked for. */
  expect(id: string): void {
    this.#expected.add(id);
  }

  /** Notes that nobody has a report open any more. */
  release(id: string): void {
    this.#expected.delete(id);
    this.#opened.delete(id);
  }

  /** A report left what this person may see. Its place stays empty, so that no other moves. */
  drop(id: string, version: number): void {
    this.#fresh.delete(id);
    const held = this.#opened.get(id);
    if (held !== undefined && held.version <= version) this.#opened.delete(id);
    if (this.#rows.drop(id, version)) this.#revision++;
  }

  #change(report: OpsReport): void {
    if (this.#rows.change(report)) this.#revision++;
  }

  #take(page: RowPage, before: readonly string[]): void {
    const added = this.#rows.take(page.rows);
    for (const id of added) this.#fresh.delete(id);
    this.ids = [...before, ...added];
    this.origins = originsOf(before.length === 0 ? [] : this.origins, page.rows);
    this.#next = page.next;
    this.#revision++;
  }

  async #ask(page: { cursor: string; limit: number }): Promise<RowPage | null> {
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    this.loading = true;
    try {
      const answer = await fetchRows(searchOf(this.#asked), page, asking.signal);
      if (asking !== this.#asking) return null;
      this.failed = false;
      this.fault = '';
      return answer;
    } catch (err) {
      if (asking !== this.#asking) return null;
      this.failed = true;
      this.fault = err instanceof Problem && err.status < 500 ? (err.fields[0]?.detail ?? err.detail) : '';
      return null;
    } finally {
      if (asking === this.#asking) {
        this.#asking = null;
        this.loading = false;
      }
    }
  }
}
