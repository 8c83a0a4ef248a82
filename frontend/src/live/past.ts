import type { Frame, LevelItem } from '../wire/frame';
import type { Link } from './link';
import { speeds, type PastStart, type Play } from './pastStart';

/** What the server knows of a topic at an instant: frames that draw it from nothing. */
export interface PastPicture {
  at: number;
  frames: Frame[];
  levels: LevelItem[];
  /** Before it the stored facts are not whole. */
  completeFrom: number;
}

/** What happened after `from` and until `to`, which may be earlier than was asked. */
export interface PastPage {
  to: number;
  stepMs: number;
  events: { at: number; frame: Frame }[];
  levels: { at: number; items: LevelItem[] }[];
}

export interface PastOptions {
  topic: string;
  start: PastStart;
  fetchPicture: (topic: string, at: number) => Promise<PastPicture>;
  fetchPage: (topic: string, from: number, to: number) => Promise<PastPage>;
  /** Called with every frame in order; `now` is the time played. */
  onFrame: (frame: Frame, now: number) => void;
  onLink: (link: Link) => void;
  /** Called when the time played has moved. */
  onTime: (at: number) => void;
  onPlay: (play: Play) => void;
}

const tickMs = 500;
const mostTickMs = 1000; // a page that slept goes on where it stopped
const retryMs = 2000;
const hearMs = 4000;
const staleMs = 5000;
const shortestPageMs = 10 * 60_000;
const longestPageMs = 6 * 3_600_000;
/** A page lasts about this long on the screen, and is asked for this much before it is needed. */
const pageLastsMs = 60_000;
const aheadMs = 15_000;
/** Nearer to the present than this there is nothing to look back to, and no page worth asking for. */
const presentMs = 10_000;

/**
 * Plays what a wall showed, in place of a Connection: a picture of one instant, then page after page of what
 * happened, each event at its time. It fetches ahead, never shows what lies behind the time played, and never
 * runs past the present. start() and stop() are called once each.
 */
export class PastSource {
  readonly #options: PastOptions;
  #at: number;
  #speed: number;
  #paused = false;
  #failed = false;
  #completeFrom: number | null = null;
  #clamped = false;

  #life = 0; // grows with every seek: what an older one fetched is dropped
  #seq = 0;
  #loadedTo: number | null = null; // null until the picture is there
  #events: PastPage['events'] = [];
  #levels: PastPage['levels'] = [];
  #held = new Map<string, LevelItem>(); // the sums as of the last step
  #stepMs = 60_000;
  #stampedAt = 0;
  #heardAt = 0;
  #fetching = false;
  #retryAt = 0;
  #waitingSince: number | null = null;
  #tickedAt = 0;
  #ticker: ReturnType<typeof setInterval> | undefined;

  constructor(options: PastOptions) {
    this.#options = options;
    this.#at = clampToPresent(options.start.at);
    this.#speed = options.start.speed;
  }

  start(): void {
    this.#tickedAt = performance.now();
    this.#ticker = setInterval(() => {
      this.#tick();
    }, tickMs);
    this.seek(this.#at);
  }

  stop(): void {
    clearInterval(this.#ticker);
    this.#life++;
  }

  /** Nothing to do: a page that slept goes on where it stopped. */
  look(): void {
    this.#tickedAt = performance.now();
  }

  /** Where to begin to see what is seen now. */
  get place(): PastStart {
    return { at: Math.round(this.#at), speed: this.#speed };
  }

  /** How many events have been played. */
  get seq(): number {
    return this.#seq;
  }

  pause(paused: boolean): void {
    this.#paused = paused;
    this.#publish();
  }

  toggle(): void {
    this.pause(!this.#paused);
  }

  /** One speed faster (1) or slower (-1). */
  change(by: 1 | -1): void {
    const index = speeds.indexOf(this.#speed) + by;
    this.#speed = speeds[Math.min(speeds.length - 1, Math.max(0, index))] ?? 1;
    this.#publish();
  }

  step(ms: number): void {
    const target = this.#at + ms;
    if (ms > 0 && this.#loadedTo !== null && target <= this.#loadedTo) {
      this.#at = target;
      this.#show();
      return;
    }
    this.seek(target);
  }

  /** Goes to an instant; its picture is fetched anew. */
  seek(at: number): void {
    this.#clamped = this.#completeFrom !== null && at < this.#completeFrom;
    this.#at = clampToPresent(Math.max(at, this.#completeFrom ?? at));
    this.#life++;
    this.#loadedTo = null;
    this.#events = [];
    this.#levels = [];
    this.#held.clear();
    this.#fetching = false;
    this.#retryAt = 0;
    this.#failed = false;
    this.#fetch();
    this.#show();
  }

  #tick(): void {
    const now = performance.now();
    const passed = Math.min(mostTickMs, now - this.#tickedAt);
    this.#tickedAt = now;
    if (!this.#paused && this.#loadedTo !== null) {
      this.#at = Math.min(this.#at + passed * this.#speed, this.#loadedTo);
    }
    this.#fetch();
    this.#show();
  }

  /** Hands over what the time played has reached. */
  #show(): void {
    if (this.#loadedTo !== null) {
      this.#options.onTime(this.#at);
      while (this.#events[0] !== undefined && this.#events[0].at <= this.#at) {
        this.#seq++;
        this.#options.onFrame(this.#events[0].frame, this.#at);
        this.#events.shift();
      }
      this.#sum();
    }
    this.#publish();
  }

  /**
   * Takes over the values of the steps reached. A page names every change, so what it does not name was still
   * so at the step: the sums of areas are said again with that time.
   */
  #sum(): void {
    const changed = new Map<string, LevelItem>();
    while (this.#levels[0] !== undefined && this.#levels[0].at <= this.#at) {
      for (const item of this.#levels[0].items) changed.set(item.key, item);
      this.#levels.shift();
    }
    for (const [key, item] of changed) if (!key.startsWith('sensor/')) this.#held.set(key, item);
    const step = Math.floor(this.#at / this.#stepMs) * this.#stepMs;
    if (step > this.#stampedAt) {
      this.#stampedAt = step;
      for (const [key, item] of this.#held) changed.set(key, stamped(item, step));
      this.#heardAt = this.#at;
    } else if (this.#at - this.#heardAt >= hearMs) {
      // As the live feed does, so that what still holds does not look as if nobody had heard of it.
      for (const [key, item] of this.#held) if (!changed.has(key)) changed.set(key, stamped(item, this.#stampedAt));
      this.#heardAt = this.#at;
    }
    if (changed.size > 0) {
      this.#options.onFrame({ type: 'level', topic: this.#options.topic, items: [...changed.values()] }, this.#at);
    }
  }

  #fetch(): void {
    if (this.#fetching || performance.now() < this.#retryAt) return;
    if (this.#loadedTo === null) void this.#load((life) => this.#picture(life));
    else if (this.#loadedTo - this.#at < aheadMs * this.#speed && Date.now() - this.#loadedTo > presentMs) {
      void this.#load((life) => this.#page(life));
    }
  }

  async #load(job: (life: number) => Promise<void>): Promise<void> {
    const life = this.#life;
    this.#fetching = true;
    try {
      await job(life);
      if (life === this.#life) this.#failed = false;
    } catch {
      if (life !== this.#life) return;
      this.#failed = true;
      this.#retryAt = performance.now() + retryMs;
    } finally {
      if (life === this.#life) {
        this.#fetching = false;
        if (!this.#failed) this.#fetch();
        this.#show();
      }
    }
  }

  async #picture(life: number): Promise<void> {
    const picture = await this.#options.fetchPicture(this.#options.topic, this.#at);
    if (life !== this.#life) return;
    if (picture.at < picture.completeFrom) {
      // Before the first fact there is nothing to show, and nothing is not the same as none.
      this.#completeFrom = picture.completeFrom;
      this.seek(picture.at);
      return;
    }
    // The server's clock decides where the present is.
    this.#at = picture.at;
    this.#completeFrom = picture.completeFrom;
    this.#loadedTo = picture.at;
    this.#stampedAt = picture.at;
    this.#heardAt = picture.at;
    // Another epoch for each picture: what a later one held must not outlive it.
    for (const frame of picture.frames) this.#options.onFrame(renamed(frame, life), this.#at);
    this.#options.onFrame({ type: 'level', topic: this.#options.topic, items: picture.levels }, this.#at);
    for (const item of picture.levels) if (!item.key.startsWith('sensor/')) this.#held.set(item.key, item);
  }

  async #page(life: number): Promise<void> {
    const from = this.#loadedTo ?? this.#at;
    const length = Math.min(longestPageMs, Math.max(shortestPageMs, this.#speed * pageLastsMs));
    const to = clampToPresent(from + length);
    const page = await this.#options.fetchPage(this.#options.topic, from, to);
    if (life !== this.#life) return;
    this.#stepMs = page.stepMs;
    this.#events.push(...page.events);
    this.#levels.push(...page.levels);
    this.#loadedTo = Math.max(from, page.to);
  }

  #publish(): void {
    const now = performance.now();
    const known = this.#loadedTo !== null;
    const ended = known && Date.now() - this.#at < presentMs;
    const waiting = !ended && (!known || (!this.#paused && this.#at >= (this.#loadedTo ?? 0)));
    if (!waiting) this.#waitingSince = null;
    else this.#waitingSince ??= now;
    const long = this.#failed || (this.#waitingSince !== null && now - this.#waitingSince > staleMs);
    this.#options.onLink({
      phase: waiting ? (long ? 'stale' : 'connecting') : 'live',
      cause: waiting && long ? 'link' : 'none',
      dataAt: known ? Math.floor(this.#at / 1000) * 1000 : null,
      transport: 'websocket',
      offsetMs: 0,
    });
    this.#options.onPlay({
      at: Math.round(this.#at),
      speed: this.#speed,
      paused: this.#paused,
      waiting,
      failed: this.#failed,
      ended,
      completeFrom: this.#completeFrom,
      clamped: this.#clamped,
    });
  }
}

function clampToPresent(at: number): number {
  return Math.min(at, Date.now());
}

function renamed(frame: Frame, life: number): Frame {
  return frame.type === 'snapshot' ? { ...frame, epoch: `${frame.epoch}#${String(life)}` } : frame;
}

function stamped(item: LevelItem, at: number): LevelItem {
  const data = item.data === null ? null : { ...item.data, as_of: new Date(at).toISOString() };
  return { ...item, version: Math.max(item.version, at * 1000), at, data };
}
