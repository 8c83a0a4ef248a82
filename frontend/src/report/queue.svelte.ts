// The outbox as the page shows it, kept equal over all tabs.
import { newID } from './draft';
import { Outbox, type Entry } from './outbox';
import { askForSync, Sender } from './sender';
import { channelName, type Shelf } from './shelf';
import { turnOf } from './turn';

export class Queue {
  entries = $state.raw<readonly Entry[]>([]);
  /** The report that is on its way, from this tab or another. */
  sending = $state<string | null>(null);
  readonly outbox: Outbox;
  readonly #sender: Sender;
  readonly #channel = new BroadcastChannel(channelName);

  constructor(shelf: Shelf) {
    const now = (): number => Date.now();
    this.outbox = new Outbox({
      shelf,
      turn: turnOf(shelf, newID()),
      fetch: (...args) => fetch(...args),
      now,
      random: () => Math.random(),
      changed: (sending) => {
        this.#channel.postMessage(sending);
        this.#show(sending);
      },
    });
    this.#sender = new Sender(this.outbox, now);
    this.#channel.onmessage = ({ data }) => {
      this.#show(typeof data === 'string' ? data : null);
    };
  }

  async start(): Promise<void> {
    await this.refresh();
    this.#sender.start();
  }

  /** Sends what was just written, and whatever else is due. */
  send(): void {
    this.#sender.flush(true);
    void askForSync();
  }

  async refresh(): Promise<void> {
    this.entries = await this.outbox.list();
  }

  #show(sending: string | null): void {
    this.sending = sending;
    void this.refresh();
  }
}
