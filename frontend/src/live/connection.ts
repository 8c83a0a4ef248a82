import type { Beat, EventFrame, Frame, Hello } from '../wire/frame';
import { parseFrame } from '../wire/parse';
import { pause } from './backoff';
import { ServerClock } from './clock';
import { judge, staleAfterMs, type Link } from './link';
import type { OpenPipe, Pipe, PipeRequest } from './pipe';
import { Positions } from './position';
import { TicketRefused, TicketWallet, type FetchTicket } from './ticket';

/** What is known of a picture from before this page: the server's time of it, and how far that was ahead. */
export interface Kept {
  dataAt: number;
  offsetMs: number;
}

export interface ConnectionOptions {
  topics: readonly string[];
  fetchTicket: FetchTicket;
  openPipe: OpenPipe;
  /** Called with every frame that belongs into the situation, in order, gaps already excluded. */
  onFrame: (frame: Frame) => void;
  /** Called when what the link means has changed. */
  onLink: (link: Link) => void;
  /** Called when the server greets with another build than before on this page. */
  onBuild?: (build: string) => void;
  /** The picture this page begins with: it is shown, as old, until a beat confirms a newer one. */
  kept?: Kept | null;
  random?: () => number;
}

const tickMs = 250;
const graceMs = 1500;
const openMs = 10_000;
const refusedMs = 30_000;
const crowdedMs = 10_000;
const skewMs = 2000;
const sleepMs = 20_000;
const tryEventsAfter = 3;

const code = { renew: 4002, tooMany: 4003, unauthorized: 4501, stayAway: 4500, end: 5000 } as const;

/**
 * Keeps one stream of frames alive: one attempt in flight, spread pauses, resumption where it stopped, and a
 * constant judgement of whether what is shown may still be believed. It never changes the situation itself
 * and never sends anything. start() and stop() are called once each.
 */
export class Connection {
  readonly #options: ConnectionOptions;
  readonly #random: () => number;
  readonly #wallet: TicketWallet;
  readonly #positions: Positions;
  readonly #clock: ServerClock;

  #pipe: Pipe | null = null;
  #generation = 0; // calls from an abandoned pipe or fetch carry an older number
  #connecting = false;
  #attempt = 0;
  #unopened = 0;
  #fruitless = new Map<string, string>(); // topic -> the position a resumption has already been tried from
  #transport: PipeRequest['transport'] = 'websocket';
  #freshTicket = false;
  #refused = false; // for good: the server closed with "stay away"
  #denied = false; // no ticket at present
  #build = '';

  #beatMs = 2000;
  #retryMs = 0;
  #startedAt = 0;
  #heardAt: number | null = null;
  #spokenAt: number | null = null; // when the newest beat was spoken, by this machine's clock
  #hidden = false;
  #wokeAt = 0;
  #serverAt: number | null = null;
  #sourceAt: number | null = null;
  #confirmed = false;
  #confirmedAt = -Infinity;
  #dataAt: number | null = null;

  #aliveAt = 0;
  #aliveMono = 0;
  #last: Link | null = null;
  #ticker: ReturnType<typeof setInterval> | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
    this.#random = options.random ?? Math.random;
    this.#wallet = new TicketWallet(options.fetchTicket);
    this.#positions = new Positions(options.topics);
    this.#clock = new ServerClock(options.kept?.offsetMs);
    this.#dataAt = options.kept?.dataAt ?? null;
  }

  start(): void {
    const now = Date.now();
    this.#aliveAt = this.#startedAt = this.#wokeAt = now;
    // Nobody can take an empty page for news; an old picture is another matter.
    if (this.#dataAt === null) this.#confirmedAt = now;
    this.#aliveMono = performance.now();
    this.#ticker = setInterval(() => {
      this.#tick();
    }, tickMs);
    this.#publish(now);
    void this.#connect();
  }

  stop(): void {
    clearInterval(this.#ticker);
    this.#abandon();
  }

  /** Call when the page is hidden or frozen: what it then holds is believed again only after a beat that follows look(). */
  hide(): void {
    this.#hidden = true;
    this.#doubt();
    this.#publish(Date.now());
  }

  /** Call when the page became visible, the network came back or the page was restored from a cache. */
  look(): void {
    const now = Date.now();
    if (this.#hidden) {
      this.#hidden = false;
      this.#wokeAt = now;
      this.#doubt();
    }
    if (!this.#alive(now)) return;
    if (this.#heardAt !== null && now - this.#heardAt > this.#beatMs * 1.5) this.#comeBack(0);
    this.#publish(now);
  }

  /** Call before anything is drawn by this machine's clock: one that was set, or a sleep, is a doubt from then on. */
  notice(): void {
    const now = Date.now();
    if (this.#alive(now)) this.#publish(now);
  }

  /** The highest number applied; for the page's own report about itself. */
  get seq(): number {
    return this.#positions.highest;
  }

  /** The build of the server that was heard first; empty before. A page is as old as that. */
  get build(): string {
    return this.#build;
  }

  /** Milliseconds to add to this machine's clock to get the server's. */
  get offsetMs(): number {
    return this.#clock.offset;
  }

  async #connect(): Promise<void> {
    if (this.#connecting || this.#pipe !== null || this.#refused) return;
    this.#connecting = true;
    const generation = ++this.#generation;
    this.#startedAt = Date.now();
    try {
      const { token, fresh } = await this.#wallet.take(Date.now());
      if (generation !== this.#generation) return;
      this.#freshTicket = fresh;
      this.#denied = false;
      this.#open(generation, token);
    } catch (err) {
      if (generation !== this.#generation) return;
      this.#denied = err instanceof TicketRefused;
      this.#comeBack(this.#denied ? refusedMs : 0);
    }
  }

  #open(generation: number, ticket: string): void {
    const { topics, openPipe } = this.#options;
    const current = (): boolean => generation === this.#generation;
    let opened = false;
    this.#positions.reopen();
    this.#pipe = openPipe(
      { transport: this.#transport, topics, since: this.#positions.since, ticket },
      {
        opened: () => {
          opened = true;
          if (current()) this.#unopened = 0;
        },
        message: (text) => {
          if (current()) this.#hear(text);
        },
        closed: (reason) => {
          if (current()) this.#closed(reason, opened);
        },
      },
    );
    this.#connecting = false;
  }

  #hear(text: string): void {
    const now = Date.now();
    if (!this.#alive(now)) return;
    this.#heardAt = now;
    const frame = parseFrame(text);
    if (frame !== null) this.#take(frame, now);
    if (this.#positions.settled && !this.#hidden) this.#confirm(now);
    this.#publish(now);
  }

  #take(frame: Frame, now: number): void {
    switch (frame.type) {
      case 'hello':
        this.#greet(frame, now);
        return;
      case 'snapshot':
        this.#positions.place(frame);
        this.#options.onFrame(frame);
        return;
      case 'event':
        this.#event(frame);
        return;
      case 'level':
        this.#options.onFrame(frame);
        return;
      case 'beat':
        this.#beat(frame, now);
        return;
      case 'reset':
        this.#positions.forget(frame.topic);
        this.#confirmed = false;
        this.#options.onFrame(frame);
        return;
      default:
        frame satisfies never;
    }
  }

  #greet(hello: Hello, now: number): void {
    this.#clock.restart(hello.at, now, this.#startedAt);
    this.#spokenAt = now;
    this.#serverAt = hello.at;
    this.#beatMs = Math.max(250, hello.beatMs);
    this.#retryMs = hello.retryMs;
    this.#positions.enter(hello.epoch);
    if (this.#build === '') this.#build = hello.build;
    else if (hello.build !== this.#build) this.#options.onBuild?.(hello.build);
  }

  #event(frame: EventFrame): void {
    switch (this.#positions.step(frame)) {
      case 'next':
        if (frame.kind === 'reset') this.#resync([frame.topic], true);
        else this.#options.onFrame(frame);
        return;
      case 'gap':
        this.#resync([frame.topic], false);
        return;
      case 'old':
      case 'unplaced':
        return;
    }
  }

  #beat(beat: Beat, now: number): void {
    this.#clock.hear(beat.at, now);
    this.#spokenAt = Math.max(this.#spokenAt ?? -Infinity, now - this.#clock.late(beat.at, now));
    this.#serverAt = beat.at;
    this.#sourceAt = beat.sourceAt;
    if (this.#positions.enter(beat.epoch)) {
      this.#confirmed = false;
      this.#comeBack(0);
      return;
    }
    this.#positions.hear(beat, now);
  }

  #confirm(now: number): void {
    this.#confirmed = true;
    this.#confirmedAt = this.#spokenAt ?? now; // a late word confirms what was, not what is
    this.#attempt = 0;
    this.#fruitless.clear();
    this.#dataAt = Math.min(this.#serverAt ?? now, this.#sourceAt ?? Infinity);
  }

  /** Asks again from where this page stands; a second time from the same place asks for a snapshot. */
  #resync(topics: readonly string[], snapshot: boolean): void {
    const since = this.#positions.since;
    for (const topic of topics) {
      if (snapshot || this.#fruitless.get(topic) === since) this.#positions.forget(topic);
      else this.#fruitless.set(topic, since);
    }
    this.#comeBack(0);
  }

  #closed(reason: number, opened: boolean): void {
    this.#pipe = null;
    if (reason >= code.stayAway && reason < code.end) {
      const second = reason !== code.unauthorized || this.#freshTicket;
      this.#wallet.drop();
      this.#refused = second;
      this.#comeBack(0);
      return;
    }
    if (reason === code.renew) this.#wallet.drop();
    if (!opened) this.#neverOpened();
    else if (this.#transport === 'sse') this.#tryWebSocketOnce();
    this.#comeBack(reason === code.tooMany ? crowdedMs : 0);
  }

  // The browser does not say why a handshake failed: a bad ticket, a proxy that blocks WebSocket, or nobody
  // there. So the ticket is fetched anew, and after some tries with the API answering, the other way is taken.
  #neverOpened(): void {
    this.#wallet.drop();
    this.#unopened++;
    if (this.#unopened % tryEventsAfter === 0) {
      this.#transport = this.#transport === 'websocket' ? 'sse' : 'websocket';
    }
  }

  #tryWebSocketOnce(): void {
    this.#transport = 'websocket';
    this.#unopened = tryEventsAfter - 1;
  }

  #comeBack(leastMs: number): void {
    this.#abandon();
    if (!this.#refused) {
      const wait = Math.max(leastMs * (0.5 + this.#random()), pause(this.#attempt++, this.#random(), this.#retryMs));
      this.#retry = setTimeout(() => {
        void this.#connect();
      }, wait);
    }
    this.#publish(Date.now());
  }

  #abandon(): void {
    clearTimeout(this.#retry);
    this.#generation++;
    this.#connecting = false;
    this.#confirmed = false;
    this.#positions.reopen();
    this.#pipe?.close();
    this.#pipe = null;
  }

  #tick(): void {
    const now = Date.now();
    if (!this.#alive(now)) return;
    const late = this.#pipe === null ? [] : this.#positions.late(now, graceMs);
    if (late.length > 0) this.#resync(late, false);
    else if (this.#silent(now)) this.#comeBack(0);
    this.#publish(now);
  }

  #silent(now: number): boolean {
    if (this.#pipe === null && !this.#connecting) return false;
    const since = Math.max(this.#startedAt, this.#spokenAt ?? 0);
    const heard = this.#heardAt !== null && this.#heardAt > this.#startedAt;
    return now - since > (heard ? this.#allowedMs * 1.5 : openMs);
  }

  /**
   * Notes that this page runs. When it did not for a while, nothing counts as confirmed until a beat of now
   * has come. False when it slept long or its clock was set: then the connection is made anew.
   */
  #alive(now: number): boolean {
    const mono = performance.now();
    const gap = now - this.#aliveAt;
    const jump = Math.abs(gap - (mono - this.#aliveMono));
    this.#aliveAt = now;
    this.#aliveMono = mono;
    if (gap <= this.#allowedMs && gap >= 0 && jump <= skewMs) return true;
    this.#wokeAt = now;
    this.#doubt();
    if (gap >= 0 && gap <= sleepMs && jump <= skewMs) return true;
    this.#attempt = 0;
    this.#heardAt = this.#spokenAt = null;
    this.#comeBack(0);
    return false;
  }

  /** Nothing counts as confirmed until a beat that comes after this. */
  #doubt(): void {
    this.#confirmed = false;
    this.#confirmedAt = -Infinity;
    this.#positions.reopen();
  }

  get #allowedMs(): number {
    return Math.max(staleAfterMs, this.#beatMs * 2.4);
  }

  #publish(now: number): void {
    const link: Link = {
      ...judge({
        now,
        heardAt: this.#spokenAt,
        wokeAt: this.#wokeAt,
        confirmedAt: this.#confirmedAt,
        confirmed: this.#confirmed,
        sourceAt: this.#sourceAt === null ? null : this.#sourceAt - this.#clock.offset,
        refused: this.#refused || this.#denied,
        allowedMs: this.#allowedMs,
      }),
      dataAt: this.#dataAt,
      transport: this.#transport,
      offsetMs: this.#clock.offset,
    };
    const last = this.#last;
    this.#last = link;
    if (last === null || !sameLink(last, link)) this.#options.onLink(link);
  }
}

function sameLink(a: Link, b: Link): boolean {
  return (
    a.phase === b.phase &&
    a.cause === b.cause &&
    a.dataAt === b.dataAt &&
    a.transport === b.transport &&
    a.offsetMs === b.offsetMs
  );
}
