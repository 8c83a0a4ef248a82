import type { Freshness } from '../rules/age';
import type { Shown } from '../rules/state';

/** What a tile says, in words. */
export interface TileView {
  key: string;
  label: string;
  /** The number as text; "?" when it is not known. Never 0 for want of data. */
  value: string;
  unit: string;
  state: Shown;
  word: string;
  compare: string;
  /** The time the number is of, or how old it is when it is old. */
  age: string;
  freshness: Freshness;
}
