// Which rows the alarm list of a wall has. Pure.
import { byUrgency, isAnnounced, stateOfPriority } from '../rules/alarm';
import type { Slots } from '../rules/slots';
import type { Alarm, AlarmGroup, AlarmSummary } from '../wire/alarm';
import type { State } from '../wire/report';

export type AlarmRow =
  | { kind: 'alarm'; key: string; state: State; alarm: Alarm }
  | { kind: 'group'; key: string; state: State; group: AlarmGroup };

export interface AlarmTable {
  /** In their places; null is a free one. */
  rows: (AlarmRow | null)[];
  open: number;
  unacked: number;
  shelved: number;
  /** How many have no row, and how many of them are high. */
  rest: number;
  restHigh: number;
  floodSince: number | null;
}

export interface AlarmView {
  alarms: readonly Alarm[];
  /** How many open ones the snapshot had no room for. */
  truncated: number;
  /** Null while the server has not said. */
  summary: AlarmSummary | null;
  /** What is shown in place of single alarms during a flood; null outside one. */
  groups: readonly AlarmGroup[] | null;
}

/** High alarms stay single and come first, whatever else there is; during a flood the others are told as groups. */
export function alarmTable({ alarms, truncated, summary, groups }: AlarmView, most: number, slots: Slots): AlarmTable {
  const announced = alarms.filter(isAnnounced).sort(byUrgency);
  const single = groups === null ? announced : announced.filter(({ priority }) => priority === 'high');
  const all = new Map<string, AlarmRow>();
  for (const alarm of single)
    all.set(alarm.id, { kind: 'alarm', key: alarm.id, state: stateOfPriority(alarm.priority), alarm });
  for (const group of groups ?? [])
    all.set(group.key, { kind: 'group', key: group.key, state: stateOfPriority(group.priority), group });
  const rows = slots.place([...all.keys()], most).map((key) => (key === null ? null : (all.get(key) ?? null)));
  const open = announced.length + truncated;
  const shown = rows.reduce((sum, row) => sum + (row === null ? 0 : row.kind === 'alarm' ? 1 : row.group.count), 0);
  const highShown = rows.filter((row) => row?.kind === 'alarm' && row.state === 'critical').length;
  return {
    rows,
    open,
    // Those left out of a snapshot are the least urgent; nobody has taken them in a flood.
    unacked: announced.filter(({ state }) => state !== 'acked').length + truncated,
    shelved: summary?.shelved ?? 0,
    rest: Math.max(0, open - shown),
    restHigh: Math.max(0, single.filter(({ priority }) => priority === 'high').length - highShown),
    floodSince: groups === null ? null : (summary?.floodSince ?? null),
  };
}
