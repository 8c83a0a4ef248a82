import type { Alarm } from '../wire/alarm';
import type { State } from '../wire/report';
import { rank } from './state';

/** What decides whether something is worth a line. */
export interface Ranked {
  kind: 'report' | 'sensor' | 'alarm';
  state: State;
  at: number;
  /** That nobody has taken it puts it before its like. */
  waits?: boolean;
}

/** Something worth a line at the foot of the wall. */
export interface Notice extends Ranked {
  id: string;
  text: string;
  place: string;
  /** Place and text in few words, what matters first, for walls that are read from far away. */
  spot: string;
  briefText: string;
  /** The alarm it tells of; null for others. */
  alarm: Alarm | null;
}

const isAlarm = ({ state }: Ranked): boolean => rank(state) >= rank('warning');

/**
 * What stands at the foot: the newest alarm first, below it the worst of what is left, of equals what is of another
 * kind than the first, then the newest. So news is always seen, an emergency is not pushed out by lesser news, and the
 * gauges of a storm, which all speak at once, do not push out who is calling for help in it.
 */
export function topNotices<N extends Ranked>(notices: readonly N[], most: number): N[] {
  const need = ({ state, waits }: Ranked): number => 2 * rank(state) + Number(waits === true);
  const byNeed = [...notices].sort((a, b) => need(b) - need(a) || b.at - a.at);
  const newest = byNeed
    .filter(isAlarm)
    .reduce<N | undefined>((a, b) => (a === undefined || b.at > a.at ? b : a), undefined);
  if (newest === undefined) return byNeed.slice(0, most);
  const fromPeople = ({ kind }: Ranked): boolean => kind === 'report';
  const other = (notice: Ranked): number => (fromPeople(notice) === fromPeople(newest) ? 1 : 0);
  const rest = byNeed.filter((notice) => notice !== newest);
  return [newest, ...rest.sort((a, b) => need(b) - need(a) || other(a) - other(b))].slice(0, most);
}
