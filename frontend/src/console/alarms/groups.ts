// Which alarms a group names. Pure.
import { mostInGroup } from '../../api/alarms';
import type { Alarm, AlarmGroup } from '../../wire/alarm';

/** Whether nobody has taken it yet. */
const isLeft = ({ state, aside }: Alarm): boolean => aside === '' && (state === 'unacked' || state === 'cleared');

/** The alarms of a group that nobody has taken, as many as one act may name. High ones are answered one by one. */
export function membersOf({ ids, area, kind, label }: AlarmGroup, open: readonly Alarm[]): string[] {
  const named = new Set(ids);
  return open
    .filter(
      (alarm) =>
        isLeft(alarm) &&
        alarm.priority !== 'high' &&
        (named.has(alarm.id) || (alarm.area === area && alarm.kind === kind && alarm.label === label)),
    )
    .slice(0, mostInGroup)
    .map(({ id }) => id);
}

/** The alarms of the same type at the same place that nobody has taken. */
export function alike({ type, area }: Alarm, open: readonly Alarm[]): string[] {
  return open
    .filter((alarm) => isLeft(alarm) && alarm.type === type && alarm.area === area)
    .slice(0, mostInGroup)
    .map(({ id }) => id);
}
