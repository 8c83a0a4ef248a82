// When the outbox is emptied: at the start, when the network comes back, when the page is looked at again, when another
// tab has written something, and by a timer. Browsers without background sync have nothing else.
import type { Outbox } from './outbox';

const soonestMs = 1_000;
const latestMs = 60_000;
/** Whoever has had the turn for longer, while something was due, is asleep. */
const asleepMs = 3 * 60_000;

export class Sender {
  readonly #outbox: Outbox;
  readonly #now: () => number;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #running = false;
  #again = false;
  #refusedSince: number | null = null;

  constructor(outbox: Outbox, now: () => number) {
    this.#outbox = outbox;
    this.#now = now;
  }

  start(): void {
    window.addEventListener('online', () => {
      this.flush(true);
    });
    window.addEventListener('pageshow', () => {
      this.flush(true);
    });
    document.addEventListener('visibilitychange', () => {
      if (document.visibilityState === 'visible') this.flush(true);
    });
    this.flush(true);
  }

  /** Sends what is due and sets the timer for the rest. */
  flush(eager: boolean): void {
    if (this.#running) {
      this.#again = true;
      return;
    }
    this.#running = true;
    clearTimeout(this.#timer);
    void this.#run(eager).finally(() => {
      this.#running = false;
      if (!this.#again) return;
      this.#again = false;
      this.flush(true);
    });
  }

  async #run(eager: boolean): Promise<void> {
    try {
      const force = this.#refusedSince !== null && this.#now() - this.#refusedSince > asleepMs;
      const had = await this.#outbox.flush({ eager, force });
      this.#refusedSince = had ? null : (this.#refusedSince ?? this.#now());
    } catch {
      // Another tab took the turn, or the disk is full: the timer comes again.
    }
    try {
      const due = await this.#outbox.nextDue();
      if (due === null) this.#refusedSince = null;
      else
        this.#timer = setTimeout(
          () => {
            this.flush(false);
          },
          Math.min(latestMs, Math.max(soonestMs, due)),
        );
    } catch {
      // The shelf is closed: this page is being replaced.
    }
  }
}

/** Asks the browser to wake the service worker once there is a network, where it can. */
export async function askForSync(): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  try {
    const registration = await navigator.serviceWorker.getRegistration('/phan-anh');
    const { sync } = (registration ?? {}) as { sync?: { register(tag: string): Promise<void> } };
    await sync?.register('phan-anh');
  } catch {
    // Not allowed here: the page itself sends.
  }
}
