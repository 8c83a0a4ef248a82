import type { State } from '../wire/report';
import { rank } from './state';

/** Something worth a line at the foot of the wall. */
export interface Notice {
  id: string;
  state: State;
  at: number;
  text: string;
  place: string;
  /** Place and text in few words, what matters first, for walls that are read from far away. */
  spot: string;
  briefText: string;
}

const isAlarm = ({ state }: Notice): boolean => rank(state) >= rank('warning');

/**
 * What stands at the foot: the newest alarm first, below it the worst of what is left, the newest of a state first.
 * So news is always seen, and an emergency is not pushed out by lesser news.
 */
export function topNotices(notices: readonly Notice[], most: number): Notice[] {
  const byNeed = [...notices].sort((a, b) => rank(b.state) - rank(a.state) || b.at - a.at);
  const newest = byNeed
    .filter(isAlarm)
    .reduce<Notice | undefined>((a, b) => (a === undefined || b.at > a.at ? b : a), undefined);
  if (newest === undefined) return byNeed.slice(0, most);
  return [newest, ...byNeed.filter((notice) => notice !== newest)].slice(0, most);
}
