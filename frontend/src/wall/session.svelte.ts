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
import { Connection, type ConnectionOptions, type Kept } from '../live/connection';
import type { Link } from '../live/link';
import { Now } from '../live/now.svelte';
import type { PastSource } from '../live/past';
import type { PastStart, Play } from '../live/pastStart';
import { LiveSituation } from '../live/situation.svelte';
import { watchWake } from '../live/wake';
import type { MapShapes } from '../map/picture';
import { Places } from '../rules/places';
import type { Scene } from '../rules/scene';
import type { Show } from '../wire/screen';
import { parseWallReport, type WallReport } from '../wire/report';
import { KeepsakeShelf, type Keepsake, type KeptSetting } from './keepsake';
import { openScreenPipe } from './pipe';
import { ownPlace, sentPlace, type ShownPlace } from './place';
import type { Frame } from '../wire/frame';

const retryMs = 3000;
const keepSoonMs = 2000;

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
  /** Called before the time moves on the page; absent where the time is the source's own. */
  notice?(): void;
  /** Absent where being hidden means nothing. */
  hide?(): void;
  readonly seq: number;
  /** The build of the server that was heard first; absent where there is no live server. */
  readonly build?: string;
}

export interface SessionOptions {
  screenId: string;
  /** Called when the server has become another build than the page's. */
  onBuild: () => void;
  /** Where to look back to; null shows the present. */
  past?: PastStart | null;
  /** The picture of last time, to begin with. */
  kept?: Keepsake | null;
}

/**
 * Everything one wall holds: its setting, the situation, the link and the time. start() begins fetching and
 * listening; stop() ends both.
 */
export class WallSession {
  readonly #screenId: string;
  /** What is true of the place that is shown; another one once another area is. */
  situation = $state.raw(newSituation());
  readonly now = new Now(() => this.#source?.notice?.());
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
  readonly #shelf: KeepsakeShelf;
  #kept: Keepsake | null = null;
  /** The setting that is on the shelf. */
  #shelved: Setting | null = null;
  #keeping: ReturnType<typeof setTimeout> | undefined;
  /** Levels have come since this page began. */
  #numbered = false;
  #stopped = false;
  /** Version of the boundaries on the map; null while they are being fetched. */
  #drawn: number | null = null;

  constructor({ screenId, onBuild, past = null, kept = null }: SessionOptions) {
    this.#screenId = screenId;
    this.#onBuild = onBuild;
    this.#past = past;
    this.#shelf = new KeepsakeShelf(screenId);
    if (kept === null || past !== null) return;
    this.#kept = kept;
    this.setting = this.#shelved = fromKept(kept.setting);
    this.#drawn = versionOf(this.setting);
    this.situation.recall(kept.picture.topics);
    // Nothing of it counts as news until the connection has said so.
    const { dataAt, offsetMs } = kept.picture;
    this.link = { phase: 'stale', cause: 'waking', dataAt, transport: 'websocket', offsetMs };
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
    if (this.#kept !== null) {
      const { setting, picture } = this.#kept;
      this.#kept = null;
      this.#source = this.#begun(this.#listenAt(setting.screen, setting.place.topic, picture));
    }
    void this.#prepare();
  }

  stop(): void {
    this.#stopped = true;
    this.#unwatch?.();
    clearTimeout(this.#retry);
    clearTimeout(this.#keeping);
    this.now.stop();
    this.#coming?.source?.stop();
    this.#source?.stop();
  }

  get seq(): number {
    return this.#source?.seq ?? 0;
  }

  /** The build of the server that this page came from, as far as it is known. */
  get build(): string {
    return this.#source?.build ?? '';
  }

  /** Puts what is shown away for the next start, while it may be believed. */
  async keepPicture(): Promise<void> {
    const { setting, situation } = this;
    const { phase, dataAt, offsetMs } = this.link;
    if (this.#past !== null || setting === null || phase !== 'live' || dataAt === null) return;
    if (this.#shelved !== setting) {
      this.#shelved = setting;
      await this.#shelf.keepSetting(toKeep(setting));
    }
    await this.#shelf.keepPicture({ topic: setting.place.topic, dataAt, offsetMs, topics: situation.keep() });
  }

  /** The controls of the look-back; null on a wall that shows the present. */
  get player(): PastSource | null {
    return this.#player;
  }

  async #prepare(): Promise<void> {
    try {
      const screen = await fetchScreen(this.#screenId);
      if (this.#stopped) return;
      const kept = this.setting;
      const place = kept !== null && isSent(kept.place, screen) ? kept.place : ownPlace(screen);
      if (kept !== null && kept.place.topic !== place.topic) this.#turn();
      this.#source ??= await this.#open(screen, place.topic);
      const [scenes, ground] = await Promise.all([fetchScenes(), fetchGround(place.division, detailOf(place.topic))]);
      // What is drawn already stays the same object: a map is not drawn anew for nothing.
      const same = kept !== null && JSON.stringify(kept.shapes) === JSON.stringify(ground.shapes);
      const shapes = same ? kept.shapes : ground.shapes;
      this.setting = { screen, scenes, place, formats: createFormats(screen.timezone), ...ground, shapes };
      this.waiting = false;
      this.#drawn = versionOf(ground);
    } catch {
      this.waiting = this.setting === null;
      this.#retry = setTimeout(() => void this.#prepare(), retryMs * (0.5 + Math.random()));
    }
  }

  /** Gives up what was kept: the screen shows another place now. */
  #turn(): void {
    this.#source?.stop();
    this.#source = null;
    this.setting = null; // rather nothing than another place's numbers
    this.situation = newSituation();
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
        this.#take(frame, situation);
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
    return this.#begun(source);
  }

  async #open(screen: Screen, topic: string): Promise<Source> {
    return this.#begun(this.#past === null ? this.#listenAt(screen, topic) : await this.#lookBack(screen, this.#past));
  }

  #begun(source: Source): Source {
    source.start();
    if (document.visibilityState === 'hidden') source.hide?.();
    return source;
  }

  #listenAt(screen: Screen, topic: string, kept: Kept | null = null): Source {
    const { situation } = this;
    return this.#listen(screen, topic, {
      kept,
      onFrame: (frame) => {
        this.#take(frame, situation);
      },
      onLink: (link) => {
        this.#heard(link);
      },
    });
  }

  #take(frame: Frame, situation: LiveSituation<WallReport>): void {
    situation.apply(frame);
    if (this.situation !== situation) return;
    if (frame.type === 'level') void this.#lookAtMap();
    // A picture that was put away before the first numbers came would be a poor one to start from; and what was
    // withdrawn must not stay on the disk until the picture is next put away.
    const first = frame.type === 'level' && !this.#numbered;
    if (first) this.#numbered = true;
    else if (frame.type !== 'event' || frame.kind !== 'gone') return;
    this.#keeping ??= setTimeout(() => {
      this.#keeping = undefined;
      void this.keepPicture();
    }, keepSoonMs);
  }

  #listen(screen: Screen, topic: string, on: Pick<ConnectionOptions, 'onFrame' | 'onLink' | 'kept'>): Source {
    const topics = [topic, ...screen.topics.filter((name) => !name.startsWith('wall/'))];
    return new Connection({
      topics,
      fetchTicket: () => fetchTicket(topics, screen.id),
      openPipe: openScreenPipe,
      ...on,
      onBuild: this.#onBuild,
    });
  }

  #heard(link: Link): void {
    this.situation.tell();
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

/** Whether a place is the one the screen was sent to. */
function isSent({ division, area }: ShownPlace, { state }: Screen): boolean {
  return state.show.area?.division === division && state.show.area.code === area;
}

const toKeep = ({ screen, scenes, place, places, shapes }: Setting): KeptSetting => ({
  screen,
  scenes,
  place,
  areas: places.areas,
  shapes,
});

const fromKept = ({ screen, scenes, place, areas, shapes }: KeptSetting): Setting => ({
  screen,
  scenes,
  place,
  shapes,
  places: new Places(areas),
  formats: createFormats(screen.timezone),
});

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
