import type { Places } from '../rules/places';
import type { Slots } from '../rules/slots';
import { rank, type Shown } from '../rules/state';
import type { AreaCount } from '../wire/level';
import type { State, WallReport } from '../wire/report';

export interface AreaRow {
  code: string;
  name: string;
  open: number | null;
  overdue: number | null;
  state: Shown;
}

export interface AreaRest {
  count: number;
  normal: number;
  unknown: number;
}

/** The rows that are shown, each where it stood before, and what is left of the areas. */
export interface AreaTable {
  rows: (AreaRow | null)[];
  rest: AreaRest;
  total: number;
}

/** Every area of a list with its numbers; one that is not counted is unknown, not empty. */
export function rowsOf(
  areas: readonly { code: string; name: string }[],
  counts: readonly AreaCount[] | null,
): AreaRow[] {
  const byCode = new Map((counts ?? []).map((count) => [count.area, count]));
  return areas.map(({ code, name }): AreaRow => {
    const count = byCode.get(code);
    if (count === undefined) return { code, name, open: null, overdue: null, state: 'unknown' };
    return { code, name, open: count.open, overdue: count.overdue, state: count.state ?? 'unknown' };
  });
}

/** Those in most need, at most `most`, in rows that do not move. */
export function areaTable(all: readonly AreaRow[], most: number, slots: Slots): AreaTable {
  const byCode = new Map(all.map((row) => [row.code, row]));
  const chosen = [...all].sort(byNeed).slice(0, most);
  const rows = slots
    .place(
      chosen.map(({ code }) => code),
      most,
    )
    .map((code) => (code === null ? null : (byCode.get(code) ?? null)));
  const kept = new Set(chosen);
  const left = all.filter((row) => !kept.has(row));
  return {
    rows,
    rest: {
      count: left.length,
      normal: left.filter(({ state }) => state === 'normal').length,
      unknown: left.filter(({ state }) => state === 'unknown').length,
    },
    total: all.length,
  };
}

function byNeed(a: AreaRow, b: AreaRow): number {
  return rank(b.state) - rank(a.state) || (b.overdue ?? 0) - (a.overdue ?? 0) || (b.open ?? 0) - (a.open ?? 0);
}

// What makes a commune's state, as the server counts it for the areas it sums itself (server/kpi NewRow).
const manyOverdue = 3;
const partOverdue = 5;

/** Counts communes from the reports, for a wall whose levels only know the districts between. */
export function countCommunes(reports: readonly WallReport[], codes: readonly string[], now: number): AreaCount[] {
  const counts = new Map(codes.map((area) => [area, { area, open: 0, overdue: 0, critical: 0, warning: 0 }]));
  for (const { open, area, dueAt, state } of reports) {
    const count = counts.get(area);
    if (!open || count === undefined) continue;
    count.open++;
    if (dueAt !== null && dueAt < now) count.overdue++;
    if (state === 'critical' || state === 'warning') count[state]++;
  }
  return [...counts.values()].map(({ area, open, overdue, critical, warning }) => {
    return { area, open, overdue, state: stateOf({ open, overdue, critical, warning }) };
  });
}

function stateOf(n: { open: number; overdue: number; critical: number; warning: number }): State {
  if (n.critical > 0) return 'critical';
  if (n.overdue >= manyOverdue && n.overdue * partOverdue >= n.open) return 'warning';
  return n.overdue > 0 || n.warning > 0 ? 'attention' : 'normal';
}

/** The areas a wall lists: the communes below it where their reports are all known, else its own children. */
export function listedAreas(
  places: Places,
  root: string,
  complete: boolean,
): { code: string; name: string; leaf: boolean }[] {
  const children = places.children(root);
  const communes = places.below(root).filter(({ level }) => level === 'commune');
  const deep = complete && children.some(({ level }) => level === 'district');
  return (deep ? communes : children).map(({ code, name, level }) => ({
    code,
    name,
    leaf: deep || level === 'commune',
  }));
}
