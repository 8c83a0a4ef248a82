/** A right to listen, as POST /api/v1/tickets gives it. */
export interface Ticket {
  token: string;
  /** By this machine's clock, milliseconds. */
  expiresAt: number;
}

/** The server said no: asking again soon would not help. */
export class TicketRefused extends Error {
  override name = 'TicketRefused';
}

/** Fetches a ticket; throws TicketRefused when the server refuses one, anything else when it was not reached. */
export type FetchTicket = () => Promise<Ticket>;

const spareMs = 60_000;

/** Keeps a ticket while it is good, so that a storm of reconnections does not become a storm of API calls. */
export class TicketWallet {
  readonly #fetch: FetchTicket;
  #kept: Ticket | null = null;

  constructor(fetch: FetchTicket) {
    this.#fetch = fetch;
  }

  /** The token, and whether it was fetched just now. */
  async take(now: number): Promise<{ token: string; fresh: boolean }> {
    if (this.#kept !== null && this.#kept.expiresAt - spareMs > now) return { token: this.#kept.token, fresh: false };
    this.#kept = await this.#fetch();
    return { token: this.#kept.token, fresh: true };
  }

  drop(): void {
    this.#kept = null;
  }
}
