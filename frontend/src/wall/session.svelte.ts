import { fetchPage, fetchPicture } from '../api/past';
import { fetchAreas, fetchGeometry, fetchScreen, fetchTicket, type Detail, type Screen } from '../api/screen';
import { createFormats, type Formats } from '../i18n/format';
import { Connection } from '../live/connection';
import type { Link } from '../live/link';
import { Now } from '../live/now.svelte';
import { PastSource, type PastStart, type Play } from '../live/past';
import { openPipe } from '../live/pipe';
import { LiveSituation } from '../live/situation.svelte';
import { watchWake } from '../live/wake';
import type { MapShapes } from '../map/picture';
import { Places } from '../rules/places';
import { parseWallReport, type WallReport } from '../wire/report';

const retryMs = 3000;

/** What a wall needs before it can draw, fetched once. */
export interface Setting {
  screen: Screen;
  places: Places;
  shapes: MapShapes;
  formats: Formats;
}

/** A wall of the whole needs lines half a pixel fine; one of a single district or commune is nearer. */
const detailOf = (screen: Screen): Detail =>
  screen.topics.some((topic) => /^wall\/[^/]+\/[^/]+$/.test(topic)) ? 'wall' : 'console';

/** What feeds a wall: the live connection, or the player of the past. */
export interface Source {
  start(): void;
  stop(): void;
  look(): void;
  /** Absent where being hidden means nothing. */
  hide?(): void;
  readonly seq: number;
}

/**
 * Everything one wall holds: its setting, the situation, the link and the time. start() begins fetching and
 * listening; stop() ends both.
 */
export class WallSession {
  readonly #screenId: string;
  readonly situation = new LiveSituation<WallReport>({ parse: parseWallReport, closed: (report) => !report.open });
  readonly now = new Now();
  readonly #onBuild: () => void;
  setting = $state.raw<Setting | null>(null);
  link = $state.raw<Link>({ phase: 'connecting', cause: 'none', dataAt: null, transport: 'websocket', offsetMs: 0 });
  /** Set while the setting cannot be fetched. */
  waiting = $state(false);
  /** What the player does; null on a wall that shows the present. */
  play = $state.raw<Play | null>(null);
  readonly #past: PastStart | null;
  #source: Source | null = null;
  #player: PastSource | null = null;
  #unwatch: (() => void) | undefined;
  #retry: ReturnType<typeof setTimeout> | undefined;
  /** Version of the boundaries on the map; null while they are being fetched. */
  #drawn: number | null = null;

  /** `past` names where to look back to; null shows the present. */
  constructor(screenId: string, onBuild: () => void, past: PastStart | null = null) {
    this.#screenId = screenId;
    this.#onBuild = onBuild;
    this.#past = past;
  }

  start(): void {
    if (this.#past === null) this.now.start();
    else this.now.play(this.#past.at);
    this.#unwatch = watchWake({ look: () => this.#source?.look(), hide: () => this.#source?.hide?.() });
    void this.#prepare();
  }

  stop(): void {
    this.#unwatch?.();
    clearTimeout(this.#retry);
    this.now.stop();
    this.#source?.stop();
  }

  get seq(): number {
    return this.#source?.seq ?? 0;
  }

  /** The controls of the look-back; null on a wall that shows the present. */
  get player(): PastSource | null {
    return this.#player;
  }

  /** Fetches the map again when the server draws it with other boundaries. The level comes every few seconds. */
  #lookAtMap(topic: string): void {
    const version = this.situation.level(topic, 'map/boundaries')?.data?.['version'];
    if (this.#drawn === null || typeof version !== 'number' || version === this.#drawn) return;
    this.#drawn = null; // until the answer is here
    void this.#prepare();
  }

  async #prepare(): Promise<void> {
    try {
      const screen = await fetchScreen(this.#screenId);
      this.#source ??= this.#open(screen);
      const detail = detailOf(screen);
      const [areas, communes, districts, province] = await Promise.all([
        fetchAreas(screen.division),
        fetchGeometry(screen.division, 'commune', detail),
        fetchGeometry(screen.division, 'district', detail),
        fetchGeometry(screen.division, 'province', detail),
      ]);
      const formats = createFormats(screen.timezone);
      this.setting = { screen, places: new Places(areas), shapes: { communes, districts, province }, formats };
      this.waiting = false;
      this.#drawn = communes?.version ?? 0;
    } catch {
      this.waiting = this.setting === null;
      this.#retry = setTimeout(() => void this.#prepare(), retryMs * (0.5 + Math.random()));
    }
  }

  #open(screen: Screen): Source {
    const source = this.#past === null ? this.#listen(screen) : this.#lookBack(screen, this.#past);
    source.start();
    if (document.visibilityState === 'hidden') source.hide?.();
    return source;
  }

  #listen(screen: Screen): Source {
    return new Connection({
      topics: screen.topics,
      fetchTicket: () => fetchTicket(screen.topics, screen.id),
      openPipe,
      onFrame: (frame) => {
        this.situation.apply(frame);
        if (frame.type === 'level') this.#lookAtMap(frame.topic);
      },
      onLink: (link) => {
        this.link = link;
        this.now.offset = link.offsetMs;
      },
      onBuild: this.#onBuild,
    });
  }

  #lookBack(screen: Screen, start: PastStart): Source {
    this.#player = new PastSource({
      topic: screen.topics.find((topic) => topic.startsWith('wall/')) ?? '',
      start,
      fetchPicture,
      fetchPage,
      onFrame: (frame, now) => {
        this.situation.apply(frame, now);
      },
      onLink: (link) => {
        this.link = link;
      },
      onTime: (at) => {
        this.now.play(at);
      },
      onPlay: (play) => {
        this.play = play;
      },
    });
    return this.#player;
  }
}
