// What the six tiles say. Pure: levels, formats and the time come in, words and states go out.
import type { Formats } from '../i18n/format';
import { duration, span } from '../i18n/format';
import { m } from '../i18n/messages/messages.js';
import type { Link } from '../live/link';
import type { HeldLevel } from '../live/situation';
import { freshness, kpiComputed, kpiHeard, sensorLimits, worseOf, type Freshness } from '../rules/age';
import type { Shown } from '../rules/state';
import type { TileView } from '../ui/tileView';
import { asOf, parseOnTime, parseOpen, parseOverdue, parseRain, parseReceived, parseSources } from '../wire/level';
import type { JsonObject } from '../wire/json';

export interface TileContext {
  level: (key: string) => HeldLevel | undefined;
  formats: Formats;
  /** The server's time. */
  now: number;
  link: Link;
  placeName: (code: string) => string;
}

interface Reading {
  value: string | null;
  unit?: string;
  state: Shown;
  word?: string;
  compare: string;
  /** The time of what was measured, where that is another than the time it was summed. */
  at?: number | null;
}

interface Recipe {
  key: string;
  label: () => string;
  read: (data: JsonObject, context: TileContext) => Reading;
}

const recipes: readonly Recipe[] = [
  { key: 'kpi/open', label: m.kpi_open, read: readOpen },
  { key: 'kpi/overdue', label: m.kpi_overdue, read: readOverdue },
  { key: 'kpi/received_24h', label: m.kpi_received, read: readReceived },
  { key: 'kpi/on_time_30d', label: m.kpi_on_time, read: readOnTime },
  { key: 'kpi/rain_1h', label: m.kpi_rain, read: readRain },
  { key: 'kpi/sources', label: m.kpi_sources, read: readSources },
];

export function tiles(context: TileContext): TileView[] {
  return recipes.map((recipe) => view(recipe, context));
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
  const level = context.level(recipe.key);
  const base = { key: recipe.key, label: recipe.label() };
  const reading = level?.data == null ? null : recipe.read(level.data, context);
  if (level === undefined || reading?.value == null) return nothing(base, reading?.compare ?? m.tile_no_data());
  const at = reading.at ?? asOf(level.data) ?? level.at;
  const fresh = judge(level, reading.at ?? null, context);
  if (fresh === 'unknown') return { ...nothing(base, m.tile_last_at({ time: formats.since(at, now) })) };
  const old = fresh === 'stale';
  const age = old ? m.age_since({ span: span(now - (link.phase === 'stale' ? (link.dataAt ?? at) : at)) }) : '';
  return {
    ...base,
    value: reading.value,
    unit: reading.unit ?? '',
    state: reading.state,
    word: old ? m.state_stale() : (reading.word ?? stateWord(reading.state)),
    compare: reading.compare,
    age: old ? age : m.at_time({ time: formats.short(at, now) }),
    freshness: fresh,
  };
}

function nothing(base: Pick<TileView, 'key' | 'label'>, compare: string): TileView {
  return {
    ...base,
    value: '?',
    unit: '',
    state: 'unknown',
    word: m.state_unknown(),
    compare,
    age: '',
    freshness: 'unknown',
  };
}

const measured = sensorLimits(1800);

function judge(level: HeldLevel, measuredAt: number | null, { link, now }: TileContext): Freshness {
  if (link.phase === 'stale') return 'stale';
  const heard = freshness(level.heardAt + link.offsetMs, now, kpiHeard);
  const summed = freshness(asOf(level.data) ?? level.at, now, kpiComputed);
  const taken = measuredAt === null ? 'fresh' : freshness(measuredAt, now, measured);
  return worseOf(worseOf(heard, summed), taken);
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
    unit: '%',
    state: below ? 'attention' : 'normal',
    word: below ? m.word_below_target() : m.word_on_target(),
    compare: share + (target === null ? m.compare_no_target() : m.compare_target({ target: formats.count(target) })),
  };
}

function readRain(data: JsonObject, context: TileContext): Reading {
  const { value, unit, name, area, at, state } = parseRain(data);
  const place = area === '' ? name : context.placeName(area);
  return {
    value: value === null ? null : context.formats.tenths(value),
    unit,
    state: state ?? 'unknown',
    compare: place === '' ? m.compare_no_place() : place,
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
    compare: silent <= 0 ? m.compare_sources_all() : m.compare_sources_silent({ count: formats.count(silent) }),
  };
}
