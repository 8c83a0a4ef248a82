/**
 * Gives things that come and go fixed rows. What is still wanted keeps its row, a newcomer takes the row of one that
 * left: nothing that is looked at ever moves. The first filling, and one of which nothing stayed, is in the given order.
 */
export class Slots {
  #held: (string | null)[] = [];

  /** The rows of the wanted keys (the most important first, at most `most` of them); null is a free row. */
  place(wanted: readonly string[], most: number): (string | null)[] {
    const keys = wanted.slice(0, most);
    const stays = new Set(keys.filter((key) => this.#held.includes(key)));
    const rows = Array.from({ length: most }, (_, i) => {
      const held = this.#held[i] ?? null;
      return held !== null && stays.has(held) ? held : null;
    });
    // A row beyond a wall that has become smaller is lost: its thing is a newcomer like any other.
    const newcomers = keys.filter((key) => !rows.includes(key));
    this.#held = rows.map((row) => row ?? newcomers.shift() ?? null);
    return [...this.#held];
  }
}
