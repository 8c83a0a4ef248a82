import { describe, expect, it } from 'vitest';
import { pause } from './backoff';

describe('a pause', () => {
  it.each([
    [0, 0, 250],
    [0, 0.999, 750],
    [3, 0, 2000],
    [3, 0.5, 4000],
    [6, 0.999, 5000],
    [11, 0, 2500],
    [20, 0, 15_000],
    [20, 0.999, 30_000],
    [9999, 0.5, 30_000],
  ])('before attempt %i with chance %d is %i ms', (attempt, random, want) => {
    expect(Math.abs(pause(attempt, random) - want)).toBeLessThan(2);
  });

  it('starts from the hint of the server when that is longer', () => {
    expect(pause(0, 0.5, 2000)).toBe(2000);
    expect(pause(0, 0.5, 10)).toBe(500);
  });
});
