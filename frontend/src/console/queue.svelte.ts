import { SvelteMap, SvelteSet } from 'svelte/reactivity';
import { listReports, type ReportQuery } from '../api/reports';
import type { OpsReport } from '../wire/report';

export const everything: ReportQuery = { status: '', category: '', area: '', open: 'true', q: '', sort: 'received' };

/**
 * The list a person works through. Rows change in place as reports change, but none is added, dropped or moved
 * until the person asks: what lies under the pointer stays there.
 */
export class Queue {
  readonly query = $state<ReportQuery>({ ...everything });
  readonly #held = new SvelteMap<string, OpsReport>();
  /** Reports that would stand in the list if it were fetched now. */
  readonly #fresh = new SvelteSet<string>();
  #ids = $state.raw<readonly string[]>([]);
  #next = $state('');
  #turn = 0;
  loading = $state(false);
  failed = $state(false);
  /** True after an interruption: the list may lack things nobody counted. */
  uncertain = $state(false);

  get rows(): OpsReport[] {
    return this.#ids.flatMap((id) => this.#held.get(id) ?? []);
  }

  get freshCount(): number {
    return this.#fresh.size;
  }

  get hasMore(): boolean {
    return this.#next !== '';
  }

  get(id: string): OpsReport | undefined {
    return this.#held.get(id);
  }

  /** Fetches the list from its beginning. An answer that was overtaken by a newer question is dropped. */
  async load(): Promise<void> {
    const page = await this.#ask('');
    if (page === null) return;
    this.#fresh.clear();
    this.uncertain = false;
    this.#ids = page.reports.map(({ id }) => id);
    for (const report of page.reports) this.keep(report);
    this.#next = page.next;
  }

  async more(): Promise<void> {
    if (this.#next === '' || this.loading) return;
    const page = await this.#ask(this.#next);
    if (page === null) return;
    const known = this.#ids;
    this.#ids = [...known, ...page.reports.map(({ id }) => id).filter((id) => !known.includes(id))];
    for (const report of page.reports) this.keep(report);
    this.#next = page.next;
  }

  /** Takes in a report from the live stream. */
  hear(report: OpsReport): void {
    if (this.#held.has(report.id)) this.keep(report);
    else if (this.#matches(report)) this.#fresh.add(report.id);
    else this.#fresh.delete(report.id);
  }

  /** Keeps a report unless a newer version is held. */
  keep(report: OpsReport): void {
    const held = this.#held.get(report.id);
    if (held === undefined || held.version <= report.version) this.#held.set(report.id, report);
  }

  /** A report left what this person may see. */
  drop(id: string, version: number): void {
    this.#fresh.delete(id);
    const held = this.#held.get(id);
    if (held === undefined || held.version > version) return;
    this.#held.delete(id);
    this.#ids = this.#ids.filter((other) => other !== id);
  }

  async #ask(cursor: string): Promise<Awaited<ReturnType<typeof listReports>> | null> {
    const turn = ++this.#turn;
    this.loading = true;
    try {
      const page = await listReports({ ...this.query }, cursor);
      if (turn !== this.#turn) return null;
      this.failed = false;
      return page;
    } catch {
      if (turn === this.#turn) this.failed = true;
      return null;
    } finally {
      if (turn === this.#turn) this.loading = false;
    }
  }

  #matches(report: OpsReport): boolean {
    const { status, category, area, open, q } = this.query;
    return (
      q === '' &&
      (status === '' || report.status === status) &&
      (category === '' || report.category === category) &&
      (area === '' || report.path.includes(area)) &&
      (open === '' || (report.closedAt === null) === (open === 'true'))
    );
  }
}
