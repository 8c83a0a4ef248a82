import { fetchAreas, fetchGeometry, fetchScreen, fetchTicket, type Screen } from '../api/screen';
import { createFormats, type Formats } from '../i18n/format';
import { Connection } from '../live/connection';
import type { Link } from '../live/link';
import { Now } from '../live/now.svelte';
import { openPipe } from '../live/pipe';
import { LiveSituation } from '../live/situation.svelte';
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
  #connection: Connection | null = null;
  #retry: ReturnType<typeof setTimeout> | undefined;

  constructor(screenId: string, onBuild: () => void) {
    this.#screenId = screenId;
    this.#onBuild = onBuild;
  }

  start(): void {
    this.now.start();
    void this.#prepare();
  }

  stop(): void {
    clearTimeout(this.#retry);
    this.now.stop();
    this.#connection?.stop();
  }

  /** Call when the page may have slept. */
  look(): void {
    this.#connection?.look();
  }

  get seq(): number {
    return this.#connection?.seq ?? 0;
  }

  async #prepare(): Promise<void> {
    try {
      const screen = await fetchScreen(this.#screenId);
      if (this.#connection === null) this.#listen(screen);
      const [areas, communes, districts, province] = await Promise.all([
        fetchAreas(screen.division),
        fetchGeometry(screen.division, 'commune'),
        fetchGeometry(screen.division, 'district'),
        fetchGeometry(screen.division, 'province'),
      ]);
      const formats = createFormats(screen.timezone);
      this.setting = { screen, places: new Places(areas), shapes: { communes, districts, province }, formats };
      this.waiting = false;
    } catch {
      this.waiting = true;
      this.#retry = setTimeout(() => void this.#prepare(), retryMs * (0.5 + Math.random()));
    }
  }

  #listen(screen: Screen): void {
    this.#connection = new Connection({
      topics: screen.topics,
      fetchTicket: () => fetchTicket(screen.topics, screen.id),
      openPipe,
      onFrame: (frame) => {
        this.situation.apply(frame);
      },
      onLink: (link) => {
        this.link = link;
        this.now.offset = link.offsetMs;
      },
      onBuild: this.#onBuild,
    });
    this.#connection.start();
  }
}
