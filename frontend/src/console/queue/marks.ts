// What is marked in a list, made anew with every change: to mark tens of thousands is one change.

export type Marks = ReadonlySet<string>;

export const noMarks: Marks = new Set();

export const marksOf = (ids: readonly string[]): Marks => new Set(ids);

export function toggled(marks: Marks, id: string): Marks {
  const next = new Set(marks);
  if (!next.delete(id)) next.add(id);
  return next;
}

/** All between two rows, both included, in whichever order they stand. */
export function between(ids: readonly string[], a: string, b: string): Marks {
  const ends = [ids.indexOf(a), ids.indexOf(b)].sort((x, y) => x - y);
  return new Set(ids.slice(Math.max(0, ends[0] ?? 0), (ends[1] ?? 0) + 1));
}

/** Those of the marks that still are in a list. */
export function keptTo(marks: Marks, ids: readonly string[]): Marks {
  return new Set(ids.filter((id) => marks.has(id)));
}
