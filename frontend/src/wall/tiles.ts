// What the tiles say. Pure: levels, formats and the time come in, words and states go out.
import type { Formats } from '../i18n/format';
import { duration, span } from '../i18n/format';
import { m } from '../i18n/messages/messages.js';
import type { Link } from '../live/link';
import type { HeldLevel } from '../live/situation';
import { freshness, kpiComputed, kpiHeard, sensorLimits, worseOf, type Freshness } from '../rules/age';
import type { Shown } from '../rules/state';
import type { TileView } from '../ui/tileView';
import { asNumber, asObject, type JsonObject } from '../wire/json';
import { asOf, parseOnTime, parseOpen, parseOverdue, parseRain, parseReceived, parseSources } from '../wire/level';
import type { WallReport } from '../wire/report';
import { parseChanged, parseRain as parseCommuneRain, parseRivers, parseTrend } from '../wire/storm';

export interface TileContext {
  level: (key: string) => HeldLevel | undefined;
  formats: Formats;
  /** The server's time. */
  now: number;
  link: Link;
  placeName: (code: string) => string;
  /** The name without its kind, for narrow places. */
  bareName: (code: string) => string;
  /** The reports that the wall holds, for what is counted from them. */
  reports?: readonly WallReport[];
}

interface Reading {
  value: string | null;
  /** With fewer digits; the value itself where it is short enough. */
  brief?: string;
  unit?: string;
  state: Shown;
  word?: string;
  compare: string;
  /** The time of what was measured, where that is another than the time it was summed. */
  at?: number | null;
}

interface Recipe {
  key: string;
  /** The level it is read from, when that is another than its key. */
  level?: string;
  /** Its name in kpi/trend. */
  trend?: string;
  label: () => string;
  short: () => string;
  read: (data: JsonObject, context: TileContext) => Reading;
}

const recipes: readonly Recipe[] = [
  { key: 'kpi/open', trend: 'open', label: m.kpi_open, short: m.kpi_open_short, read: readOpen },
  { key: 'kpi/overdue', trend: 'overdue', label: m.kpi_overdue, short: m.kpi_overdue_short, read: readOverdue },
  {
    key: 'kpi/received_24h',
    trend: 'received_24h',
    label: m.kpi_received,
    short: m.kpi_received_short,
    read: readReceived,
  },
  { key: 'kpi/on_time_30d', trend: 'on_time_30d', label: m.kpi_on_time, short: m.kpi_on_time_short, read: readOnTime },
  { key: 'kpi/rain_1h', trend: 'rain_1h', label: m.kpi_rain, short: m.kpi_rain_short, read: readRain },
  { key: 'kpi/sources', trend: 'sources', label: m.kpi_sources, short: m.kpi_sources_short, read: readSources },
  { key: 'storm/river', level: 'storm/rivers', label: m.storm_river, short: m.storm_river_short, read: readRiver },
  {
    key: 'storm/rain_24h',
    level: 'storm/rain',
    label: m.storm_rain_24h,
    short: m.storm_rain_24h_short,
    read: readRain24h,
  },
  { key: 'storm/high', level: 'kpi/open', label: m.storm_high, short: m.storm_high_short, read: readHigh },
  { key: 'storm/new', level: 'storm/changed', label: m.storm_new, short: m.storm_new_short, read: readNew },
];

export const ordinaryTiles: readonly string[] = recipes.slice(0, 6).map(({ key }) => key);

/** The tiles of the given keys, in their order; a key this page does not know is left out. */
export function tiles(context: TileContext, keys: readonly string[] = ordinaryTiles): TileView[] {
  return keys.flatMap((key) => {
    const recipe = recipes.find((known) => known.key === key);
    return recipe === undefined ? [] : [view(recipe, context)];
  });
}

export function stateWord(state: Shown): string {
  switch (state) {
    case 'normal':
      return m.state_normal();
    case 'attention':
      return m.state_attention();
    case 'warning':
      return m.state_warning();
    case 'critical':
      return m.state_critical();
    case 'unknown':
      return m.state_unknown();
  }
}

function view(recipe: Recipe, context: TileContext): TileView {
  const { formats, now, link } = context;
  const level = context.level(recipe.level ?? recipe.key);
  const base = { key: recipe.key, label: recipe.label(), short: recipe.short() };
  const reading = level?.data == null ? null : recipe.read(level.data, context);
  if (level === undefined || reading?.value == null) return nothing(base, reading?.compare ?? m.tile_no_data());
  const at = reading.at ?? asOf(level.data) ?? level.at;
  const fresh = judge(level, reading.at ?? null, context);
  if (fresh === 'unknown') return { ...nothing(base, m.tile_last_at({ time: formats.since(at, now) })) };
  const old = fresh === 'stale';
  const length = span(now - (link.phase === 'stale' ? (link.dataAt ?? at) : at));
  const age = old ? m.age_since({ span: length }) : '';
  return {
    ...base,
    value: reading.value,
    brief: reading.brief ?? reading.value,
    unit: reading.unit ?? '',
    state: reading.state,
    stateWord: stateWord(reading.state),
    word: old ? m.state_stale() : (reading.word ?? stateWord(reading.state)),
    compare: reading.compare,
    age: old ? age : m.at_time({ time: formats.short(at, now) }),
    briefAge: old ? m.age_brief({ span: length }) : '',
    freshness: fresh,
    trend: trendOf(recipe, context),
    target: asNumber(level.data?.['target']),
  };
}

/** The last day of a number, while the levels are believed. */
function trendOf({ trend }: Recipe, { level }: TileContext): readonly (number | null)[] | null {
  const data = level('kpi/trend')?.data;
  return trend === undefined || data == null ? null : (parseTrend(data)[trend] ?? null);
}

function nothing(base: Pick<TileView, 'key' | 'label' | 'short'>, compare: string): TileView {
  return {
    ...base,
    value: '?',
    brief: '?',
    unit: '',
    state: 'unknown',
    stateWord: m.state_unknown(),
    word: m.state_unknown(),
    compare,
    age: '',
    briefAge: '',
    freshness: 'unknown',
    trend: null,
    target: null,
  };
}

const measured = sensorLimits(1800);

function judge(level: HeldLevel, measuredAt: number | null, context: TileContext): Freshness {
  if (context.link.phase === 'stale') return 'stale';
  const taken = measuredAt === null ? 'fresh' : freshness(measuredAt, context.now, measured);
  return worseOf(levelFreshness(level, context), taken);
}

/**
 * How far a level may be believed: old when the link is, when its key fell silent beside others that speak, or when
 * it is repeated but summed no more.
 */
export function levelFreshness(level: HeldLevel, { link, now }: Pick<TileContext, 'link' | 'now'>): Freshness {
  if (link.phase === 'stale') return 'stale';
  const heard = freshness(level.heardAt + link.offsetMs, now, kpiHeard);
  const summed = freshness(asOf(level.data) ?? level.at, now, kpiComputed);
  return worseOf(heard, summed);
}

function difference(value: number | null, before: number | null, say: (change: string) => string, f: Formats): string {
  return value === null || before === null ? m.compare_none() : say(f.change(value - before));
}

function readOpen(data: JsonObject, { formats }: TileContext): Reading {
  const { value, dayAgo } = parseOpen(data);
  return {
    value: value === null ? null : formats.count(value),
    state: 'normal',
    compare: difference(value, dayAgo, (change) => m.compare_day_ago({ change }), formats),
  };
}

function readOverdue(data: JsonObject, { formats }: TileContext): Reading {
  const { value, oldestHours } = parseOverdue(data);
  if (value === null) return { value: null, state: 'unknown', compare: m.tile_no_data() };
  const none = value === 0;
  return {
    value: formats.count(value),
    state: none ? 'normal' : 'warning',
    word: none ? m.word_none_overdue() : m.word_overdue(),
    compare:
      none || oldestHours === null
        ? m.compare_overdue_target()
        : m.compare_oldest({ span: duration(oldestHours * 3_600_000) }),
  };
}

function readReceived(data: JsonObject, { formats }: TileContext): Reading {
  const { value, dayBefore } = parseReceived(data);
  return {
    value: value === null ? null : formats.count(value),
    state: 'normal',
    compare: difference(value, dayBefore, (change) => m.compare_day_before({ change }), formats),
  };
}

function readOnTime(data: JsonObject, { formats }: TileContext): Reading {
  const { value, met, due, target } = parseOnTime(data);
  if (value === null) return { value: null, state: 'unknown', compare: m.compare_nothing_due() };
  const below = target !== null && value < target;
  const share = met === null || due === null ? '' : `${formats.count(met)}/${formats.count(due)} · `;
  return {
    value: formats.tenths(value),
    brief: brief(value, formats),
    unit: '%',
    state: below ? 'attention' : 'normal',
    word: below ? m.word_below_target() : m.word_on_target(),
    compare: share + (target === null ? m.compare_no_target() : m.compare_target({ target: formats.count(target) })),
  };
}

function readRain(data: JsonObject, context: TileContext): Reading {
  const { value, unit, name, area, at, state } = parseRain(data);
  const place = area === '' ? name : context.bareName(area);
  return {
    value: value === null ? null : context.formats.tenths(value),
    ...(value === null ? {} : { brief: brief(value, context.formats) }),
    unit,
    state: state ?? 'unknown',
    compare: (place === '' ? m.compare_no_place() : place) + sourcesOf(data, context.formats),
    at,
  };
}

function readSources(data: JsonObject, { formats }: TileContext): Reading {
  const { live, total } = parseSources(data);
  if (live === null || total === null || total === 0)
    return { value: null, state: 'unknown', compare: m.compare_no_sources() };
  const silent = total - live;
  const many = live / total < 0.9;
  return {
    value: `${formats.count(live)}/${formats.count(total)}`,
    state: silent <= 0 ? 'normal' : many ? 'warning' : 'attention',
    word: silent <= 0 ? m.word_sources_all() : m.word_sources_missing(),
    compare:
      (silent <= 0 ? m.compare_sources_all() : m.compare_sources_silent({ count: formats.count(silent) })) +
      targetOf(data, formats),
  };
}

/** Three figures at most: from afar no more are read. */
const brief = (value: number, formats: Formats): string => (value < 100 ? formats.tenths(value) : formats.count(value));

/** " · 11/12 trạm": how many of the sources a number is made from do send. */
function sourcesOf(data: JsonObject, formats: Formats): string {
  const sources = asObject(data['sources']);
  const [live, total] = [asNumber(sources?.['live']), asNumber(sources?.['total'])];
  if (live === null || total === null || total === 0) return '';
  return ` · ${m.compare_stations({ live: formats.count(live), total: formats.count(total) })}`;
}

function targetOf(data: JsonObject, formats: Formats): string {
  const target = asNumber(data['target']);
  return target === null ? '' : ` · ${m.compare_target({ target: formats.count(target) })}`;
}

function readRiver(data: JsonObject, { formats }: TileContext): Reading {
  const worst = parseRivers(data)[0];
  if (worst?.value == null) return { value: null, state: 'unknown', compare: m.storm_no_river() };
  const { name, value, unit, state, rateCmH, at } = worst;
  const rate = rateCmH === null ? '' : ` · ${m.river_rate({ rate: formats.change(Math.round(rateCmH)) })}`;
  return { value: formats.amount(value), brief: formats.tenths(value), unit, state, compare: name + rate, at };
}

function readRain24h(data: JsonObject, context: TileContext): Reading {
  const communes = parseCommuneRain(data).filter(({ mm24h }) => mm24h !== null);
  const wettest = communes.reduce<(typeof communes)[number] | undefined>(
    (a, b) => (a === undefined || (b.mm24h ?? 0) > (a.mm24h ?? 0) ? b : a),
    undefined,
  );
  if (wettest?.mm24h == null) return { value: null, state: 'unknown', compare: m.storm_no_rain() };
  return {
    value: context.formats.tenths(wettest.mm24h),
    brief: brief(wettest.mm24h, context.formats),
    unit: 'mm',
    state: wettest.state,
    compare: context.placeName(wettest.area),
  };
}

function readHigh(_: JsonObject, { reports = [], formats, now }: TileContext): Reading {
  const high = reports.filter(({ open, state }) => open && (state === 'critical' || state === 'warning'));
  const late = high.filter(({ dueAt }) => dueAt !== null && dueAt < now).length;
  const state = high.some((report) => report.state === 'critical')
    ? 'critical'
    : high.length > 0
      ? 'warning'
      : 'normal';
  return {
    value: formats.count(high.length),
    state,
    compare: late === 0 ? m.storm_high_none_late() : m.storm_high_late({ count: formats.count(late) }),
  };
}

function readNew(data: JsonObject, { formats }: TileContext): Reading {
  const { received, closed, minutes } = parseChanged(data);
  return {
    value: received === null ? null : formats.count(received),
    state: 'normal',
    compare: m.storm_closed({ count: closed === null ? '?' : formats.count(closed), minutes: formats.count(minutes) }),
  };
}
