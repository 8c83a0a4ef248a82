// The five numbers of a leader: the wall's own, with what lies behind each. Pure: levels come in, views go out.
import { span, type Formats } from '../i18n/format';
import { m } from '../i18n/messages/messages.js';
import type { Link } from '../live/link';
import type { HeldLevel } from '../live/situation';
import type { TileView } from '../ui/tileView';
import { tiles } from '../wall/tiles';
import { asCount, asObject, asTime, type JsonObject } from '../wire/json';

export interface NumbersContext {
  level: (key: string) => HeldLevel | undefined;
  formats: Formats;
  /** The server's time. */
  now: number;
  link: Link;
  placeName: (code: string) => string;
}

/** What can be looked at behind a number. */
export type Behind = 'alarms' | 'overdue' | 'late' | 'open' | 'silent';

export interface LeaderNumber {
  behind: Behind;
  view: TileView;
  /** What it should be, where the view does not say so itself. */
  target: string;
}

const keys: readonly { key: string; behind: Behind }[] = [
  { key: 'kpi/overdue', behind: 'overdue' },
  { key: 'kpi/on_time_30d', behind: 'late' },
  { key: 'kpi/open', behind: 'open' },
  { key: 'kpi/sources', behind: 'silent' },
];

/** The five, the gravest first; always five, also while nothing is known of one. */
export function leaderNumbers(context: NumbersContext): LeaderNumber[] {
  const views = tiles(
    { ...context, bareName: context.placeName },
    keys.map(({ key }) => key),
  );
  const numbers = keys.flatMap(({ key, behind }) => {
    const view = views.find((each) => each.key === key);
    return view === undefined ? [] : [{ behind, view, target: key === 'kpi/overdue' ? m.leader_target_none() : '' }];
  });
  return [{ behind: 'alarms', view: highView(context), target: m.leader_target_none() }, ...numbers];
}

/** How many high alarms are open, and since when nobody took the oldest. */
function highView({ level, formats, now, link }: NumbersContext): TileView {
  const held = level('alarms/summary');
  const high = asObject(held?.data?.['high']);
  const base = { key: 'alarms/high', label: m.leader_high(), short: m.leader_high(), unit: '', trend: null, target: 0 };
  const asOf = held?.data == null ? null : (asTime(held.data['as_of']) ?? held.at);
  if (high === null || asOf === null) {
    return {
      ...base,
      value: '?',
      brief: '?',
      state: 'unknown',
      stateWord: m.state_unknown(),
      word: m.state_unknown(),
      compare: m.tile_no_data(),
      age: '',
      briefAge: '',
      freshness: 'unknown',
    };
  }
  const count = (name: string): number => asCount(high[name]) ?? 0;
  const active = count('unacked') + count('acked');
  const state = count('unacked') > 0 ? 'critical' : active > 0 ? 'warning' : 'normal';
  const word = { critical: m.state_critical, warning: m.state_warning, normal: m.state_normal }[state]();
  const old = link.phase === 'stale';
  const length = span(now - (link.dataAt ?? asOf));
  return {
    ...base,
    value: formats.count(active),
    brief: formats.count(active),
    state,
    stateWord: word,
    word: old ? m.state_stale() : word,
    compare: active === 0 ? m.leader_none() : untaken(held?.data ?? {}, count('unacked'), now),
    age: old ? m.age_since({ span: length }) : m.at_time({ time: formats.short(asOf, now) }),
    briefAge: old ? m.age_brief({ span: length }) : '',
    freshness: old ? 'stale' : 'fresh',
  };
}

function untaken(data: JsonObject, count: number, now: number): string {
  const since = asTime(data['oldest_unacked_high_at']);
  if (count === 0 || since === null) return m.leader_all_taken();
  return m.leader_untaken({ count, span: span(now - since) });
}
