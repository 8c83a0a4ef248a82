import type { LineFault } from '../api/entries';

/** What the server says of any table that is taken in. */
export interface TableTried {
  lines: number;
  /** In a dry run: how many would be. */
  accepted: number;
  refused: readonly LineFault[];
  /** Faults beyond those listed. */
  omitted: number;
  ignored: readonly string[];
}
