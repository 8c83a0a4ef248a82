import type { State } from '../wire/report';
import { rank } from './state';

/** Something worth a line at the foot of the wall. */
export interface Notice {
  id: string;
  state: State;
  at: number;
  text: string;
  place: string;
}

/** The most important notices: worst state first, the newest of a state first. */
export function topNotices(notices: readonly Notice[], most: number): Notice[] {
  return [...notices].sort((a, b) => rank(b.state) - rank(a.state) || b.at - a.at).slice(0, most);
}
