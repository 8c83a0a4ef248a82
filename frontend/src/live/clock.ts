/**
 * Estimates the server's time from what the server says. The server's "at" always arrives late, so the
 * largest difference heard on a connection is the closest one.
 */
export class ServerClock {
  #offset: number | null = null;

  /** Starts anew: what an earlier connection, or this machine before a sleep, believed no longer counts. */
  restart(serverAt: number, now: number): void {
    this.#offset = serverAt - now;
  }

  hear(serverAt: number, now: number): void {
    this.#offset = Math.max(this.#offset ?? -Infinity, serverAt - now);
  }

  /** How many milliseconds the server is ahead of this machine; 0 until it has spoken. */
  get offset(): number {
    return this.#offset ?? 0;
  }
}
