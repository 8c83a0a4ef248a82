/**
 * The server's time as a rune that moves once a second, on the second. It goes on whatever the connection
 * does: a running clock says nothing about the data.
 */
export class Now {
  #ms = $state(Date.now());
  #offset = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;

  get ms(): number {
    return this.#ms;
  }

  /** Sets how far the server is ahead of this machine. */
  set offset(ms: number) {
    this.#offset = ms;
  }

  start(): void {
    const now = Date.now() + this.#offset;
    this.#ms = now;
    this.#timer = setTimeout(
      () => {
        this.start();
      },
      1000 - (((now % 1000) + 1000) % 1000),
    );
  }

  /** Shows a time that somebody else moves, until start() is called again. */
  play(ms: number): void {
    clearTimeout(this.#timer);
    this.#ms = ms;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }
}
