/** How far a value may be believed: as it is, with its age beside it, or not at all. */
export type Freshness = 'fresh' | 'stale' | 'unknown';

/** KPIs are republished every 4 s: three silent periods make one stale, fifteen unknown. */
export const kpiHeard = { staleMs: 12_000, unknownMs: 60_000 } as const;

/** KPIs are recomputed at least once a minute. */
export const kpiComputed = { staleMs: 150_000, unknownMs: 15 * 60_000 } as const;

/** Judges a value taken at `at`; both times by the same clock. A value without a time is unknown. */
export function freshness(at: number | null, now: number, limits: { staleMs: number; unknownMs: number }): Freshness {
  if (at === null) return 'unknown';
  const age = now - at;
  if (age > limits.unknownMs) return 'unknown';
  return age > limits.staleMs ? 'stale' : 'fresh';
}

/** The limits of a sensor: beyond its own limit the value is old, beyond ten times that it says nothing. */
export function sensorLimits(staleAfterS: number): { staleMs: number; unknownMs: number } {
  return { staleMs: staleAfterS * 1000, unknownMs: staleAfterS * 10_000 };
}

export function worseOf(a: Freshness, b: Freshness): Freshness {
  const order: Freshness[] = ['fresh', 'stale', 'unknown'];
  return order.indexOf(a) >= order.indexOf(b) ? a : b;
}
