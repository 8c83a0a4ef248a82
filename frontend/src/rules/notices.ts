import type { State } from '../wire/report';
import { rank } from './state';

/** What decides whether something is worth a line. */
export interface Ranked {
  kind: 'report' | 'sensor';
  state: State;
  at: number;
}

/** Something worth a line at the foot of the wall. */
export interface Notice extends Ranked {
  id: string;
  text: string;
  place: string;
  /** Place and text in few words, what matters first, for walls that are read from far away. */
  spot: string;
  briefText: string;
}

const isAlarm = ({ state }: Ranked): boolean => rank(state) >= rank('warning');

/**
 * What stands at the foot: the newest alarm first, below it the worst of what is left, of equals what is of another
 * kind than the first, then the newest. So news is always seen, an emergency is not pushed out by lesser news, and the
 * gauges of a storm, which all speak at once, do not push out who is calling for help in it.
 */
export function topNotices<N extends Ranked>(notices: readonly N[], most: number): N[] {
  const byNeed = [...notices].sort((a, b) => rank(b.state) - rank(a.state) || b.at - a.at);
  const newest = byNeed
    .filter(isAlarm)
    .reduce<N | undefined>((a, b) => (a === undefined || b.at > a.at ? b : a), undefined);
  if (newest === undefined) return byNeed.slice(0, most);
  const other = (notice: Ranked): number => (notice.kind === newest.kind ? 1 : 0);
  const rest = byNeed.filter((notice) => notice !== newest);
  return [newest, ...rest.sort((a, b) => rank(b.state) - rank(a.state) || other(a) - other(b))].slice(0, most);
}
