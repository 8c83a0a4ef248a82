/**
 * The server's time as a rune that moves once a second, on the second. It goes on whatever the connection
 * does: a running clock says nothing about the data.
 */
export class Now {
  #ms = $state(Date.now());
  #offset = 0;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #before: () => void;

  /** `before` is called ahead of every move: whoever must doubt a clock that was set does so before it is drawn by. */
  constructor(before: () => void = () => undefined) {
    this.#before = before;
  }

  get ms(): number {
    return this.#ms;
  }

  /** Sets how far the server is ahead of this machine. A time that turns out to be wrong is not shown until the next second. */
  set offset(ms: number) {
    const wrong = Math.abs(ms - this.#offset) > 1000;
    this.#offset = ms;
    if (wrong && this.#timer !== undefined) this.#move();
  }

  start(): void {
    this.#before();
    this.#move();
  }

  #move(): void {
    clearTimeout(this.#timer);
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
    this.stop();
    this.#ms = ms;
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
