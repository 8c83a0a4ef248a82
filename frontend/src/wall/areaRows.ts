import type { Places } from '../rules/places';
import { rank, type Shown } from '../rules/state';
import type { AreaCount } from '../wire/level';

export interface AreaRow {
  code: string;
  name: string;
  open: number | null;
  overdue: number | null;
  state: Shown;
}

/**
 * The rows of the areas below `root`, at most `most` of them: when there are more, the ones that need most
 * attention. Rows always stand in the order of their names, so that a change of numbers moves nothing.
 */
export function areaRows(
  places: Places,
  root: string,
  counts: readonly AreaCount[] | null,
  most: number,
): { rows: AreaRow[]; rest: number } {
  const byCode = new Map((counts ?? []).map((count) => [count.area, count]));
  const all = places.children(root).map(({ code, name }): AreaRow => {
    const count = byCode.get(code);
    if (count === undefined) return { code, name, open: null, overdue: null, state: 'unknown' };
    return { code, name, open: count.open, overdue: count.overdue, state: count.state ?? 'unknown' };
  });
  if (all.length <= most) return { rows: all, rest: 0 };
  const chosen = new Set([...all].sort(byNeed).slice(0, most));
  return { rows: all.filter((row) => chosen.has(row)), rest: all.length - most };
}

function byNeed(a: AreaRow, b: AreaRow): number {
  return rank(b.state) - rank(a.state) || (b.overdue ?? 0) - (a.overdue ?? 0) || (b.open ?? 0) - (a.open ?? 0);
}
