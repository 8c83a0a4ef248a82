import { Deed } from './deed.svelte';

/**
 * The things that a page keeps: the list, whose form is open, and what is shown of one this once, as the secret of a new
 * one. Whatever is done, the list is fetched anew after it.
 */
export class Kept<Row, Once = never> {
  readonly deed = new Deed();
  rows = $state.raw<readonly Row[]>([]);
  loaded = $state(false);
  /** Whose form is open: a thing's, "new", or none. */
  editing = $state.raw<Row | 'new' | null>(null);
  once = $state.raw<Once | null>(null);
  readonly #list: () => Promise<readonly Row[]>;

  constructor(list: () => Promise<readonly Row[]>) {
    this.#list = list;
  }

  load(): void {
    this.step(() => Promise.resolve(null));
  }

  /** Does something that shows nothing. */
  do(act: () => Promise<unknown>): void {
    this.step(async () => {
      await act();
      return null;
    });
  }

  /** Does something; what it returns is shown this once. */
  step(act: () => Promise<Once | null>): void {
    void this.deed.run(async () => {
      this.once = await act();
      this.editing = null;
      this.rows = await this.#list();
      this.loaded = true;
    });
  }

  edit(row: Row | 'new'): void {
    this.editing = row;
    this.once = null;
  }

  cancel(): void {
    this.editing = null;
  }
}
