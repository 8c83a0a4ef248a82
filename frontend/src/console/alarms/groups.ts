// Which alarms a group names. Pure.
import { mostInGroup } from '../../api/alarms';
import type { Alarm, AlarmGroup } from '../../wire/alarm';

/** Whether nobody has taken it yet. */
const isLeft = ({ state, aside }: Alarm): boolean => aside === '' && (state === 'unacked' || state === 'cleared');

/** Groups are told by the area right below the province. */
const placeOf = ({ path, area }: Alarm): string => path[1] ?? area;

/**
 * The alarms of a group that nobody has taken and that one act may name: those of its most frequent type, for an act on many
 * is one kind of answer. High ones are answered one by one.
 */
export function membersOf({ ids, area, kind }: AlarmGroup, open: readonly Alarm[]): string[] {
  const named = new Set(ids);
  const types = new Set(open.filter(({ id }) => named.has(id)).map(({ type }) => type));
  const left = new Map<string, string[]>();
  for (const alarm of open) {
    const within = types.has(alarm.type) && alarm.kind === kind && placeOf(alarm) === area;
    if (!within || !isLeft(alarm) || alarm.priority === 'high') continue;
    const list = left.get(alarm.type);
    if (list === undefined) left.set(alarm.type, [alarm.id]);
    else list.push(alarm.id);
  }
  const [most = []] = [...left.values()].sort((a, b) => b.length - a.length);
  return most.slice(0, mostInGroup);
}

/** The alarms of the same type at the same place that nobody has taken. */
export function alike({ type, area }: Alarm, open: readonly Alarm[]): string[] {
  return open
    .filter((alarm) => isLeft(alarm) && alarm.type === type && alarm.area === area)
    .slice(0, mostInGroup)
    .map(({ id }) => id);
}
