// One sender at a time over all tabs and the service worker of this phone. Two would do no harm, because every attempt
// bears its key, but would cost a poor network twice.
import type { Shelf } from './shelf';

const name = 'phan-anh-outbox';
/** Longer than any request may take. */
export const leaseMs = 90_000;

export interface Turn {
  /**
   * Does the work when nobody else does it, and says whether it did. `force` takes the turn away from a holder that has
   * not been heard of for too long, as a page that a phone has put to sleep.
   */
  take(work: (stillMine: () => Promise<void>) => Promise<void>, force: boolean): Promise<boolean>;
}

/** By the locks of the browser. */
export class LockTurn implements Turn {
  readonly #locks: LockManager;

  constructor(locks: LockManager) {
    this.#locks = locks;
  }

  async take(work: (stillMine: () => Promise<void>) => Promise<void>, force: boolean): Promise<boolean> {
    return this.#locks.request(name, force ? { steal: true } : { ifAvailable: true }, async (lock) => {
      if (lock === null) return false;
      await work(() => Promise.resolve());
      return true;
    });
  }
}

/** By a row that says until when, where a browser has no locks or the page came without https. */
export class LeaseTurn implements Turn {
  readonly #shelf: Shelf;
  readonly #holder: string;
  readonly #now: () => number;

  constructor(shelf: Shelf, holder: string, now: () => number) {
    this.#shelf = shelf;
    this.#holder = holder;
    this.#now = now;
  }

  async take(work: (stillMine: () => Promise<void>) => Promise<void>): Promise<boolean> {
    if (!(await this.#claim())) return false;
    try {
      await work(async () => {
        if (!(await this.#claim())) throw new Error('another tab is sending');
      });
      return true;
    } finally {
      await this.#release();
    }
  }

  async #claim(): Promise<boolean> {
    const tx = this.#shelf.transaction('lease', 'readwrite');
    const held = await tx.store.get(name);
    const now = this.#now();
    // A clock that was set back leaves leases that would end in a year: they count for nothing.
    const free = held === undefined || held.holder === this.#holder || held.until <= now || held.until > now + leaseMs;
    if (free) await tx.store.put({ holder: this.#holder, until: now + leaseMs }, name);
    await tx.done;
    return free;
  }

  async #release(): Promise<void> {
    const tx = this.#shelf.transaction('lease', 'readwrite');
    if ((await tx.store.get(name))?.holder === this.#holder) await tx.store.delete(name);
    await tx.done;
  }
}

/** The turn this browser can offer. */
export function turnOf(shelf: Shelf, holder: string): Turn {
  // Typed as always there; without https it is not.
  const locks = (navigator as { locks?: LockManager }).locks;
  return locks === undefined ? new LeaseTurn(shelf, holder, () => Date.now()) : new LockTurn(locks);
}
