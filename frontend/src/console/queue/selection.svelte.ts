import { between, keptTo, marksOf, noMarks, toggled } from './marks';

/** Where one stands in a list, and what of it is marked for an act on many. */
export class Selection {
  /** The row one stands on; empty for none. */
  at = $state('');
  #marked = $state.raw(noMarks);
  /** Where a range began. */
  #anchor = '';

  get size(): number {
    return this.#marked.size;
  }

  has(id: string): boolean {
    return this.#marked.has(id);
  }

  /** The marked ones, in the order of the list. */
  in(ids: readonly string[]): string[] {
    return this.#marked.size === 0 ? [] : ids.filter((id) => this.#marked.has(id));
  }

  /** Steps on, or far; with `extend` the range from where it began is marked. Returns where one stands then, or -1. */
  step(ids: readonly string[], by: number, extend = false): number {
    if (ids.length === 0) return -1;
    const at = ids.indexOf(this.at);
    // Who stands nowhere comes in from the end that is walked away from.
    const from = at >= 0 ? at : by > 0 ? -1 : ids.length;
    const to = Math.min(ids.length - 1, Math.max(0, from + by));
    this.stand(ids[to] ?? '', ids, extend);
    return to;
  }

  /** Stands on a row; with `extend` all between it and where one stood are marked. */
  stand(id: string, ids: readonly string[] = [], extend = false): void {
    if (extend) {
      if (this.#anchor === '') this.#anchor = this.at === '' ? id : this.at;
      this.#marked = between(ids, this.#anchor, id);
    } else this.#anchor = '';
    this.at = id;
  }

  toggle(id: string): void {
    this.#marked = toggled(this.#marked, id);
    this.at = id;
    this.#anchor = id;
  }

  markAll(ids: readonly string[]): void {
    this.#marked = marksOf(ids);
  }

  clear(): void {
    this.#marked = noMarks;
    this.#anchor = '';
  }

  /** Leaves marked only what still is in a list. */
  keepTo(ids: readonly string[]): void {
    if (this.#marked.size === 0) return;
    this.#marked = keptTo(this.#marked, ids);
    if (!ids.includes(this.#anchor)) this.#anchor = '';
  }
}
