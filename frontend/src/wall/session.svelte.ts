import { fetchScenes } from '../api/scenes';
import {
  fetchAreas,
  fetchDivisions,
  fetchGeometry,
  fetchScreen,
  fetchTicket,
  type Detail,
  type Screen,
} from '../api/screen';
import { createFormats, type Formats } from '../i18n/format';
import { Connection, type ConnectionOptions } from '../live/connection';
import type { Link } from '../live/link';
import { Now } from '../live/now.svelte';
import type { PastSource } from '../live/past';
import type { PastStart, Play } from '../live/pastStart';
import { openPipe } from '../live/pipe';
import { LiveSituation } from '../live/situation.svelte';
import { watchWake } from '../live/wake';
import type { MapShapes } from '../map/picture';
import { Places } from '../rules/places';
import type { Scene } from '../rules/scene';
import type { Show } from '../wire/screen';
import { parseWallReport, type WallReport } from '../wire/report';
import { ownPlace, sentPlace, type ShownPlace } from './place';

const retryMs = 3000;

/** What a wall needs before it can draw. Only what belongs to its place ever changes. */
export interface Setting {
  screen: Screen;
  scenes: Scene[];
  place: ShownPlace;
  places: Places;
  shapes: MapShapes;
  formats: Formats;
}

/** A wall of the whole needs lines half a pixel fine; one of a single district or commune is nearer. */
const detailOf = (topic: string): Detail => (/^wall\/[^/]+\/[^/]+$/.test(topic) ? 'wall' : 'console');

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
  /** What is true of the place that is shown; another one once another area is. */
  situation = $state.raw(newSituation());
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
  /** Listens to an area that was sent and is not shown yet. */
  #coming: { topic: string; source: Source | null } | null = null;
  /** The area that was sent last where this division or the server does not have it. */
  unknownArea = $state('');
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
    this.#unwatch = watchWake({
      look: () => {
        this.#source?.look();
        this.#coming?.source?.look();
      },
      hide: () => {
        this.#source?.hide?.();
        this.#coming?.source?.hide?.();
      },
    });
    void this.#prepare();
  }

  stop(): void {
    this.#unwatch?.();
    clearTimeout(this.#retry);
    this.now.stop();
    this.#coming?.source?.stop();
    this.#source?.stop();
  }

  get seq(): number {
    return this.#source?.seq ?? 0;
  }

  /** The controls of the look-back; null on a wall that shows the present. */
  get player(): PastSource | null {
    return this.#player;
  }

  async #prepare(): Promise<void> {
    try {
      const screen = await fetchScreen(this.#screenId);
      this.#source ??= await this.#open(screen);
      const place = ownPlace(screen);
      const [scenes, ground] = await Promise.all([fetchScenes(), fetchGround(place.division, detailOf(place.topic))]);
      this.setting = { screen, scenes, place, formats: createFormats(screen.timezone), ...ground };
      this.waiting = false;
      this.#drawn = versionOf(ground);
    } catch {
      this.waiting = this.setting === null;
      this.#retry = setTimeout(() => void this.#prepare(), retryMs * (0.5 + Math.random()));
    }
  }

  /** Fetches the map again when the server draws it with other boundaries. The level comes every few seconds. */
  async #lookAtMap(): Promise<void> {
    const { setting } = this;
    if (setting === null) return;
    const version = this.situation.level(setting.place.topic, 'map/boundaries')?.data?.['version'];
    if (this.#drawn === null || typeof version !== 'number' || version === this.#drawn) return;
    this.#drawn = null; // until the answer is here
    try {
      const { division, topic, area } = setting.place;
      const [screen, ground] = await Promise.all([fetchScreen(this.#screenId), fetchGround(division, detailOf(topic))]);
      this.#drawn = versionOf(ground);
      const now = this.setting;
      if (now?.place.topic !== topic) return; // another area came meanwhile, with boundaries of its own
      const own = ownPlace(screen);
      const { credit: source } = ground.shapes.communes ?? { credit: now.place.credit };
      const sent = { ...now.place, credit: source, schematic: screen.schematic };
      this.setting = { ...now, ...ground, screen, place: own.area === area && own.division === division ? own : sent };
    } catch {
      this.#drawn = versionOf(setting); // the next level asks again
    }
  }

  /**
   * Shows another area, or the screen's own with null. The old picture stays until the new one is there. Asking for
   * what is shown or coming already changes nothing.
   */
  async showArea(wanted: Show['area']): Promise<void> {
    const { setting } = this;
    if (setting === null || this.#past !== null) return;
    const own = ownPlace(setting.screen);
    const division = wanted?.division ?? own.division;
    const area = wanted?.code ?? own.area;
    const here = setting.place;
    if (this.#coming?.topic === `${division}/${area}`) return;
    this.#coming?.source?.stop();
    this.#coming = null;
    this.unknownArea = '';
    if (here.division === division && here.area === area) return;
    const coming = (this.#coming = { topic: `${division}/${area}`, source: null as Source | null });
    try {
      const next = await this.#settingOf(setting, { division, area });
      if (this.#coming !== coming) return; // another order came meanwhile
      if (next === null) {
        this.#coming = null;
        this.unknownArea = area;
      } else coming.source = this.#replaceBy(next);
    } catch {
      if (this.#coming !== coming) return;
      this.#coming = null;
      this.#retry = setTimeout(() => void this.showArea(wanted), retryMs);
    }
  }

  async #settingOf(setting: Setting, wanted: { division: string; area: string }): Promise<Setting | null> {
    const own = ownPlace(setting.screen);
    const known = wanted.division === setting.place.division;
    const ground = known
      ? { places: setting.places, shapes: setting.shapes }
      : await fetchGround(wanted.division, 'console');
    if (wanted.division === own.division && wanted.area === own.area) return { ...setting, ...ground, place: own };
    const label = known
      ? setting.place.divisionLabel
      : ((await fetchDivisions()).find(({ code }) => code === wanted.division)?.label ?? '');
    const credit = ground.shapes.communes?.credit ?? setting.place.credit;
    const division = { code: wanted.division, label };
    const place = sentPlace(wanted.area, division, { places: ground.places, screen: setting.screen, credit });
    return place === null ? null : { ...setting, ...ground, place };
  }

  /** Listens to the next place and puts it before the eyes once it is known to be true. */
  #replaceBy(next: Setting): Source {
    const situation = newSituation();
    const source: Source = this.#listen(next.screen, next.place.topic, {
      onFrame: (frame) => {
        situation.apply(frame);
        if (frame.type === 'level' && this.situation === situation) void this.#lookAtMap();
      },
      onLink: (link) => {
        if (this.#source !== source) {
          if (link.phase !== 'live') return;
          this.#source?.stop();
          this.#source = source;
          this.#coming = null;
          this.situation = situation;
          this.setting = next;
          this.#drawn = versionOf(next);
        }
        this.#heard(link);
      },
    });
    source.start();
    if (document.visibilityState === 'hidden') source.hide?.();
    return source;
  }

  async #open(screen: Screen): Promise<Source> {
    const source = this.#past === null ? this.#listenHome(screen) : await this.#lookBack(screen, this.#past);
    source.start();
    if (document.visibilityState === 'hidden') source.hide?.();
    return source;
  }

  #listenHome(screen: Screen): Source {
    const { situation } = this;
    const source: Source = this.#listen(screen, ownPlace(screen).topic, {
      onFrame: (frame) => {
        situation.apply(frame);
        if (frame.type === 'level' && this.situation === situation) void this.#lookAtMap();
      },
      onLink: (link) => {
        this.#heard(link);
      },
    });
    return source;
  }

  #listen(screen: Screen, topic: string, on: Pick<ConnectionOptions, 'onFrame' | 'onLink'>): Source {
    const topics = [topic, ...screen.topics.filter((name) => !name.startsWith('wall/'))];
    return new Connection({
      topics,
      fetchTicket: () => fetchTicket(topics, screen.id),
      openPipe,
      ...on,
      onBuild: this.#onBuild,
    });
  }

  #heard(link: Link): void {
    this.link = link;
    this.now.offset = link.offsetMs;
  }

  async #lookBack(screen: Screen, start: PastStart): Promise<Source> {
    const { PastSource, fetchPage, fetchPicture } = await import('./lookBack');
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

function newSituation(): LiveSituation<WallReport> {
  return new LiveSituation<WallReport>({ parse: parseWallReport, closed: (report) => !report.open });
}

const versionOf = ({ shapes }: Pick<Setting, 'shapes'>): number => shapes.communes?.version ?? 0;

/** The areas of a division and their shapes. */
async function fetchGround(division: string, detail: Detail): Promise<Pick<Setting, 'places' | 'shapes'>> {
  const [areas, communes, districts, province] = await Promise.all([
    fetchAreas(division),
    fetchGeometry(division, 'commune', detail),
    fetchGeometry(division, 'district', detail),
    fetchGeometry(division, 'province', detail),
  ]);
  return { places: new Places(areas), shapes: { communes, districts, province } };
}
