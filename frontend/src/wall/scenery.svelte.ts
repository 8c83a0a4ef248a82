import type { Formats } from '../i18n/format';
import type { Density } from '../rules/scene';
import { isPressing } from '../rules/alarm';
import { Slots } from '../rules/slots';
import { parseGroups, parseSummary, type Alarm, type Incident } from '../wire/alarm';
import { parseDrillNow } from '../wire/drill';
import { parseAreas, parseHourly } from '../wire/level';
import type { JsonObject } from '../wire/json';
import type { ScreenState } from '../wire/screen';
import { parseChanged, parseRain, parseRivers } from '../wire/storm';
import { alarmTable, type AlarmTable } from './alarmRows';
import { areaTable, countCommunes, listedAreas, rowsOf, type AreaTable } from './areaRows';
import type { MapCode } from './caretaker';
import { mapPicture, notices, sensorsOf } from './picture';
import type { Setting, WallSession } from './session.svelte';
import { levelFreshness, tiles } from './tiles';

const slowTickMs = 10_000;

export interface SceneryContext {
  formats: () => Formats;
  state: () => ScreenState;
  /** The size of the root font in px. */
  rem: () => number;
  /** Leaves the look-back. */
  leave: () => void;
}

/** What the parts of a scene show, made from the session once however many parts ask. */
export class Scenery {
  readonly session: WallSession;
  readonly context: SceneryContext;
  /** Whether the message has room where it stands; null before it was measured. */
  messageFits = $state<boolean | null>(null);
  mapCode = $state<MapCode>('coming');
  /** The code of the parts that come late did not come. */
  partsMissing = $state(false);
  // Each list keeps its rows for as long as the page lives.
  readonly #slots: Partial<Record<string, Slots>> = {};

  constructor(session: WallSession, context: SceneryContext) {
    this.session = session;
    this.context = context;
  }

  get setting(): Setting | null {
    return this.session.setting;
  }

  get formats(): Formats {
    return this.context.formats();
  }

  get now(): number {
    return this.session.now.ms;
  }

  /** Ages on the map and in lists need no better than this, and a map redrawn every second is one too many. */
  readonly slowNow = $derived.by(() => Math.floor(this.now / slowTickMs) * slowTickMs);
  readonly stale = $derived.by(() => this.session.link.phase === 'stale');
  /** False until anything was heard: before that an empty list means nothing. */
  readonly known = $derived.by(() => this.session.link.dataAt !== null);
  readonly topic = $derived.by(() => this.setting?.place.topic ?? '');
  readonly reports = $derived.by(() => this.session.situation.reports);
  readonly sensors = $derived.by(() => sensorsOf(this.session.situation.levels('sensor/')));
  readonly alarms = $derived.by((): Alarm[] => this.session.situation.alarms);
  readonly incidents = $derived.by((): Incident[] => this.session.situation.incidents);
  readonly summary = $derived.by(() => this.#level('alarms/summary', parseSummary));
  /** How many sensors tell nothing. */
  readonly silent = $derived.by(() => this.summary?.silent ?? 0);
  /** What stands in place of single alarms while there are more than anybody can answer. */
  readonly #groups = $derived.by(() =>
    this.summary?.flood === true ? this.#level('alarms/groups', parseGroups) : null,
  );
  /** By the second while somebody is waited for, else more rarely. */
  readonly alarmNow = $derived.by(() => (this.alarms.some(isPressing) ? this.now : this.slowNow));
  readonly picture = $derived.by(() =>
    mapPicture(
      { reports: this.reports, sensors: this.sensors, alarms: this.alarms, silent: this.summary?.silentSensors ?? [] },
      this.slowNow,
    ),
  );
  readonly open = $derived.by(() => this.reports.filter(({ open }) => open));
  readonly high = $derived.by(() => this.open.filter(({ state }) => state === 'critical' || state === 'warning'));
  readonly rivers = $derived.by(() => this.#level('storm/rivers', parseRivers));
  readonly rain = $derived.by(() => this.#level('storm/rain', parseRain));
  readonly changed = $derived.by(() => this.#level('storm/changed', parseChanged));
  readonly drill = $derived.by(() => this.#level('drill/now', parseDrillNow));
  readonly hourly = $derived.by(() => this.#level('kpi/hourly', parseHourly));
  readonly #areaCounts = $derived.by(() => this.#level('kpi/areas', parseAreas));
  readonly #listed = $derived.by(() => {
    const { setting } = this;
    if (setting === null) return [];
    return listedAreas(setting.places, setting.place.area, this.session.situation.truncated === 0);
  });
  /** Whether the wall's area has areas below it; a commune has none. */
  readonly parted = $derived.by(() => this.#listed.length > 0);
  readonly communesListed = $derived.by(() => this.#listed.every(({ leaf }) => leaf));
  readonly #areaRows = $derived.by(() => {
    const { setting } = this;
    if (setting === null || !this.known) return rowsOf(this.#listed, null);
    const direct = setting.places.children(setting.place.area).length === this.#listed.length;
    const codes = this.#listed.map(({ code }) => code);
    return rowsOf(this.#listed, direct ? this.#areaCounts : countCommunes(this.reports, codes, this.slowNow));
  });

  areas(part: string, most: number): AreaTable {
    return areaTable(this.#areaRows, most, this.slots(part));
  }

  alarmTable(part: string, most: number): AlarmTable {
    const { situation } = this.session;
    const truncated = ['high', 'medium', 'low'].reduce((sum, name) => sum + situation.alarmsTruncated(name), 0);
    const view = { alarms: this.alarms, truncated, summary: this.summary, groups: this.#groups };
    return alarmTable(view, most, this.slots(part));
  }

  tiles(keys: readonly string[]): ReturnType<typeof tiles> {
    return tiles(
      {
        level: (key) => this.session.situation.level(this.topic, key),
        formats: this.formats,
        now: this.now,
        link: this.session.link,
        placeName: this.placeName,
        bareName: this.bareName,
        reports: this.reports,
      },
      keys,
    );
  }

  lines(most: number): ReturnType<typeof notices> {
    const { setting } = this;
    if (setting === null) return [];
    const context = { now: this.slowNow, places: setting.places, formats: this.formats, most };
    return notices({ reports: this.reports, sensors: this.sensors, alarms: this.alarms }, context);
  }

  /** "xã Quảng Sơn" */
  readonly placeName = (code: string): string => this.setting?.places.named(code) ?? code;

  /** "Quảng Sơn", for narrow places. */
  readonly bareName = (code: string): string => this.setting?.places.get(code)?.name ?? code;

  slots(part: string): Slots {
    return (this.#slots[`${this.topic} ${part}`] ??= new Slots());
  }

  /** Whether what a level says may no longer pass for now, though the rest of the wall may. */
  isOld(key: string): boolean {
    const { link, situation } = this.session;
    const level = situation.level(this.topic, key);
    if (link.phase === 'stale' || level === undefined) return this.stale;
    return levelFreshness(level, { link, now: this.slowNow }) !== 'fresh';
  }

  #level<T>(key: string, parse: (data: JsonObject) => T): T | null {
    const data = this.session.situation.level(this.topic, key)?.data ?? null;
    return data === null ? null : parse(data);
  }
}

/** How far away a density is read. */
export const isBrief = (density: Density): boolean => density === 'far';
