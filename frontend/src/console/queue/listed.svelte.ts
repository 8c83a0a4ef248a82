/** A list that is fetched beside a report: what came last, and whether the last try failed. */
export class Listed<Item> {
  items = $state.raw<readonly Item[]>([]);
  failed = $state(false);
  readonly #fetch: () => Promise<readonly Item[]>;

  constructor(fetch: () => Promise<readonly Item[]>) {
    this.#fetch = fetch;
  }

  async load(): Promise<void> {
    try {
      this.items = await this.#fetch();
      this.failed = false;
    } catch {
      this.failed = true;
    }
  }
}
