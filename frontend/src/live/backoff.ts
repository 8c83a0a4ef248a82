const firstMs = 500;
// A restarted server is ready within 3 s and must have its screens back within 10: during the first minute or so no
// pause may be longer than that leaves. Afterwards nobody gains from asking so often.
const soonMs = 5_000;
const soonAttempts = 12;
const mostMs = 30_000;

/**
 * The pause before the next attempt, in milliseconds: doubling from the hint (half a second without one) to
 * 5 s, later to 30 s, spread by ±50 % so that thousands of screens never come back in the same second.
 * `attempt` counts from 0; `random` is in [0, 1).
 */
export function pause(attempt: number, random: number, hintMs = 0): number {
  const first = Math.max(firstMs, hintMs);
  const most = attempt < soonAttempts ? soonMs : mostMs;
  const middle = Math.min(most, first * 2 ** Math.min(attempt, 16));
  return Math.min(most, Math.round(middle * (0.5 + random)));
}
