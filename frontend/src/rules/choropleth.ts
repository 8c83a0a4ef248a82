/** The least number of open reports of each step but the first; fixed, so that a colour always means the same. */
export const breaks = [1, 3, 6, 11] as const;

/** The step, 0 to 4, of a count of open reports. */
export function stepOf(count: number): number {
  return breaks.filter((least) => count >= least).length;
}

/** The key's words for every step: "0", "1–2", …, "≥ 11". */
export function stepLabels(): string[] {
  const ranges = breaks.map((least, i) => {
    const next = breaks[i + 1];
    if (next === undefined) return `≥ ${String(least)}`;
    return next - 1 === least ? String(least) : `${String(least)}–${String(next - 1)}`;
  });
  return ['0', ...ranges];
}

/** Counts open reports per area code. */
export function countOpen(reports: Iterable<{ open: boolean; area: string }>): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { open, area } of reports) {
    if (open) counts.set(area, (counts.get(area) ?? 0) + 1);
  }
  return counts;
}
