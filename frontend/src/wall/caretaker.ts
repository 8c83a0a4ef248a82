// Keeps a wall fit for months: runs the rules of upkeep.ts, looks after the page's health and tells the server of it,
// keeps the picture on disk and loads the page anew when there is a reason.
import type { Beat } from '../api/screens';
import type { Link } from '../live/link';
import { beatOf, type Shown } from './beat';
import { dims, nightMinute, reasonToReload, shiftEveryMs, shiftPath, type Reason } from './upkeep';
import { HeapGrowth, Watchdog } from './watchdog';

const tickMs = 1000;
const beatEveryMs = 10_000;
const keepEveryMs = 60_000;
const spreadMs = 30_000;
const againMs = 30_000;
const keepLimitMs = 2000;
const fruitlessKey = 'toancanh.fruitless';
const maplessKey = 'toancanh.mapless';
const dimmedKey = 'toancanh.dimmed';
/** A page that has just begun, or whose link blinks, does not flash in a dark room. */
const settleMs = 5000;

export type MapCode = 'coming' | 'here' | 'missing';

/** What the caretaker knows of the wall, and may do with it. */
export interface Wall {
  screenId: string;
  link: () => Link;
  /** The minute of the day where the screen stands, by the server's clock. */
  minute: () => number;
  /** Anything high or critical is on the screen, or the storm scene is. */
  grave: () => boolean;
  seq: () => number;
  build: () => string;
  shown: () => Shown;
  /** The counter of ordered reloads as last heard; null before anything was. */
  ordered: () => number | null;
  /** Whether the code of the map is on its way, here, or did not come. */
  mapCode: () => MapCode;
  sendBeat: (screenId: string, beat: Beat) => Promise<void>;
  serverAnswers: () => Promise<boolean>;
  isOutdated: () => Promise<boolean>;
  keepPicture: () => Promise<void>;
  shift: (x: number, y: number) => void;
  dim: (on: boolean) => void;
  reload: (reason: Reason) => void;
  random?: () => number;
}

/** Cares for one wall from start() to stop(). */
export class Caretaker {
  readonly #wall: Wall;
  readonly #random: () => number;
  readonly #watchdog = new Watchdog();
  readonly #heap = new HeapGrowth();
  readonly #ownMinute: number;
  readonly #timers: ReturnType<typeof setInterval>[] = [];

  #startedAt = 0; // by the clock that no one sets
  #liveAt = 0;
  #wasLive = false;
  #outdatedAt: number | null = null;
  #orderAtStart: number | null = null;
  #dimmed = false;
  #step = 0;
  #reloading: ReturnType<typeof setTimeout> | undefined;

  constructor(wall: Wall) {
    this.#wall = wall;
    this.#random = wall.random ?? Math.random;
    this.#ownMinute = nightMinute(wall.screenId);
  }

  start(): void {
    this.#startedAt = this.#liveAt = performance.now();
    this.#watchdog.start();
    if (sessionStorage.getItem(dimmedKey) !== null) this.#dim(true);
    const every = (ms: number, deed: () => void): void => {
      this.#timers.push(setInterval(deed, ms));
    };
    every(tickMs, () => {
      this.#tick();
    });
    every(beatEveryMs, () => {
      this.#beat();
    });
    every(keepEveryMs, () => void this.#wall.keepPicture());
    every(shiftEveryMs, () => {
      this.#shift();
    });
  }

  stop(): void {
    for (const timer of this.#timers.splice(0)) clearInterval(timer);
    clearTimeout(this.#reloading);
    this.#watchdog.stop();
  }

  /** Call when the server says it is another build than when this page came. */
  outdated(): void {
    this.#outdatedAt ??= performance.now();
  }

  get #calm(): boolean {
    return this.#wall.link().phase === 'live' && !this.#wall.grave();
  }

  #tick(): void {
    const now = performance.now();
    const wall = this.#wall;
    const live = wall.link().phase === 'live';
    if (live || document.visibilityState === 'hidden') this.#liveAt = now;
    if (live && !this.#wasLive) void this.#cameLive();
    this.#wasLive = live;
    const mapCode = wall.mapCode();
    if (mapCode === 'here') sessionStorage.removeItem(maplessKey);
    const ordered = wall.ordered();
    if (live) this.#orderAtStart ??= ordered;
    if (live || now - this.#liveAt > settleMs) this.#dim(dims(wall.minute(), this.#calm));
    const reason = reasonToReload(
      {
        calm: this.#calm,
        minute: wall.minute(),
        upMs: now - this.#startedAt,
        ordered: this.#orderAtStart !== null && ordered !== null && ordered > this.#orderAtStart,
        deadMs: now - this.#liveAt,
        fruitless: counted(fruitlessKey),
        mapMissing: mapCode === 'missing',
        mapless: counted(maplessKey),
        outdatedMs: this.#outdatedAt === null ? null : now - this.#outdatedAt,
        heapGrowth: this.#heap.bytes,
      },
      this.#ownMinute,
    );
    if (reason !== null && this.#reloading === undefined) this.#reloadSoon(reason);
  }

  async #cameLive(): Promise<void> {
    sessionStorage.removeItem(fruitlessKey);
    void this.#wall.keepPicture();
    // A page that was kept by the browser may be older than the server it has found.
    if (await this.#wall.isOutdated()) this.outdated();
  }

  #beat(): void {
    const vitals = this.#watchdog.look();
    this.#heap.hear(vitals.heapBytes);
    const { screenId, build, seq, link, shown, sendBeat } = this.#wall;
    const beat = beatOf({ build: build(), seq: seq(), link: link(), shown: shown(), vitals });
    // The next beat says more than a repetition of this one.
    sendBeat(screenId, beat).catch(() => undefined);
  }

  #shift(): void {
    if (!this.#calm) return;
    const [x, y] = shiftPath[this.#step++ % shiftPath.length] ?? [0, 0];
    this.#wall.shift(x, y);
  }

  #dim(on: boolean): void {
    if (on === this.#dimmed) return;
    this.#dimmed = on;
    if (on) sessionStorage.setItem(dimmedKey, 'on');
    else sessionStorage.removeItem(dimmedKey);
    this.#wall.dim(on);
  }

  /** Not together with every other screen, and only to a server that answers. */
  #reloadSoon(reason: Reason): void {
    this.#reloading = setTimeout(() => void this.#reload(reason), this.#random() * spreadMs);
  }

  async #reload(reason: Reason): Promise<void> {
    const planned = reason === 'heap' || reason === 'night';
    const back = reason === 'dead' && this.#wall.link().phase === 'live';
    if (back || (planned && !this.#calm) || !(await this.#wall.serverAnswers())) {
      this.#reloading = setTimeout(() => {
        this.#reloading = undefined;
      }, againMs);
      return;
    }
    if (reason === 'dead') sessionStorage.setItem(fruitlessKey, String(counted(fruitlessKey) + 1));
    if (reason === 'part') sessionStorage.setItem(maplessKey, String(counted(maplessKey) + 1));
    await Promise.race([this.#wall.keepPicture(), new Promise((done) => setTimeout(done, keepLimitMs))]);
    this.#wall.reload(reason);
  }
}

function counted(key: string): number {
  return Number(sessionStorage.getItem(key) ?? 0);
}
