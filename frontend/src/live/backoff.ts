const firstMs = 500;
const mostMs = 30_000;

/**
 * The pause before the next attempt, in milliseconds: doubling from the hint (half a second without one) to
 * 30 s, spread by ±50 % so that thousands of screens never come back in the same second.
 * `attempt` counts from 0; `random` is in [0, 1).
 */
export function pause(attempt: number, random: number, hintMs = 0): number {
  const first = Math.max(firstMs, hintMs);
  const middle = Math.min(mostMs, first * 2 ** Math.min(attempt, 16));
  return Math.min(mostMs, Math.round(middle * (0.5 + random)));
}
