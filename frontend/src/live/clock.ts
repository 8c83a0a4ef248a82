const keptSamples = 15;
const agreeMs = 250;
// No pair of clocks drifts apart faster than this; what looks like more is delay on the way.
const driftPerMs = 0.001;

/**
 * Estimates the server's time from what the server says. What it says always arrives late, never early, so the
 * largest difference heard lately is the closest one; but a single sample that no other bears out is not believed.
 * The estimate does not follow samples that fall behind: those words are late, and late() says by how much.
 */
export class ServerClock {
  readonly #guess: number;
  #samples: number[] = [];
  #offset: number | null = null;
  #most = Infinity; // more than this is impossible on this connection
  #borneOut = false;
  #judgedAt = 0;

  /** `guessMs` is the offset until the server has spoken. */
  constructor(guessMs = 0) {
    this.#guess = guessMs;
  }

  /**
   * Starts anew: what an earlier connection, or this machine before a sleep, believed no longer counts. The first word
   * was spoken after it was asked for.
   */
  restart(serverAt: number, now: number, askedAt = now): void {
    this.#samples = [serverAt - now];
    this.#offset = serverAt - now;
    this.#most = serverAt - Math.min(askedAt, now);
    this.#borneOut = false;
    this.#judgedAt = now;
  }

  hear(serverAt: number, now: number): void {
    this.#samples.push(serverAt - now);
    if (this.#samples.length > keptSamples) this.#samples.shift();
    const best = agreed(this.#samples);
    if (this.#offset === null) this.#offset = serverAt - now;
    else if (best === null) {
      // A page that starts is busy and hears its first word late: the next may say better.
      if (!this.#borneOut && serverAt - now <= this.#most) this.#offset = Math.max(this.#offset, serverAt - now);
    } else {
      const least = this.#offset - Math.max(0, now - this.#judgedAt) * driftPerMs;
      this.#offset = this.#borneOut ? Math.max(best, least) : best;
      this.#borneOut = true;
    }
    this.#judgedAt = now;
  }

  /** How many milliseconds ago, by the server's clock, something was said that it dated `serverAt`. */
  late(serverAt: number, now: number): number {
    return Math.max(0, now + this.offset - serverAt);
  }

  /** How many milliseconds the server is ahead of this machine; a guess until it has spoken. */
  get offset(): number {
    return this.#offset ?? this.#guess;
  }
}

/** The largest sample that another one bears out; null when no two agree. */
function agreed(samples: readonly number[]): number | null {
  const sorted = [...samples].sort((a, b) => b - a);
  return sorted.find((sample, i) => sample - (sorted[i + 1] ?? -Infinity) <= agreeMs) ?? null;
}
