import type { Freshness } from '../rules/age';
import type { Shown } from '../rules/state';

/** What a tile says, in words. */
export interface TileView {
  key: string;
  label: string;
  /** The same in a few letters, for walls that are read from far away. */
  short: string;
  /** The number as text; "?" when it is not known. Never 0 for want of data. */
  value: string;
  /** The same with fewer digits. */
  brief: string;
  unit: string;
  state: Shown;
  word: string;
  /** The word of the state itself, the same for every tile. */
  stateWord: string;
  compare: string;
  /** The time the number is of, or how old it is when it is old. */
  age: string;
  /** How old it is, for a place where no other word stands beside it; empty when it is not old. */
  briefAge: string;
  freshness: Freshness;
  /** The last 24 h, the newest last; null where nothing is known of it. */
  trend: readonly (number | null)[] | null;
  /** Where the trend should be, null without a target. */
  target: number | null;
}
