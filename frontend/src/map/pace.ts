const leastRestMs = 200;
const mostRestMs = 1000;
const longestMs = 2000; // what is not done by then was lost with the graphics

/**
 * Hands on the newest of what is wanted, one at a time: never before the frame that shows what else came with it, and
 * then only after a rest as long as the last one took, of 200 ms to 1 s. So the numbers of a page do not wait for its
 * map, and one that is slow to draw leaves the machine half of its time.
 */
export class Pace<T> {
  readonly #take: (value: T) => Promise<unknown>;
  #wanted: { value: T } | null = null;
  #running = false;
  #stopped = false;

  /** `take` settles when what it was given has been dealt with. */
  constructor(take: (value: T) => Promise<unknown>) {
    this.#take = take;
  }

  want(value: T): void {
    this.#wanted = { value };
    if (!this.#running) void this.#run();
  }

  /** Nothing is handed on any more. */
  stop(): void {
    this.#stopped = true;
    this.#wanted = null;
  }

  async #run(): Promise<void> {
    this.#running = true;
    while (this.#wanted !== null) {
      await painted();
      const took = await this.#hand();
      if (!this.#stopped) await pause(Math.min(mostRestMs, Math.max(leastRestMs, took)));
    }
    this.#running = false;
  }

  /** Hands on what is wanted by now; tells how long that took. */
  async #hand(): Promise<number> {
    if (this.#wanted === null) return 0;
    const { value } = this.#wanted;
    this.#wanted = null;
    const began = performance.now();
    const limit = new Limit(longestMs);
    try {
      await Promise.race([this.#take(value), limit.passed]);
    } catch (err) {
      reportError(err); // the next is tried all the same
    } finally {
      limit.end();
    }
    return performance.now() - began;
  }
}

class Limit {
  readonly passed: Promise<void>;
  #timer: ReturnType<typeof setTimeout> | undefined;

  constructor(ms: number) {
    this.passed = new Promise((done) => {
      this.#timer = setTimeout(done, ms);
    });
  }

  end(): void {
    clearTimeout(this.#timer);
  }
}

function pause(ms: number): Promise<void> {
  return new Promise((done) => {
    setTimeout(done, ms);
  });
}

/** Settles once the next frame has been handed to the screen; in a hidden page when it is seen again. */
function painted(): Promise<void> {
  return new Promise((done) => {
    requestAnimationFrame(() => {
      setTimeout(done);
    });
  });
}
