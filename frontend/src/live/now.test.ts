import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Now } from './now.svelte';

describe('the time that is shown', () => {
  const began = Date.UTC(2026, 10, 29, 12, 0, 0, 400);
  beforeEach(() => {
    vi.useFakeTimers();
    vi.setSystemTime(began);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('moves on the second, each time after the doubt has been heard', () => {
    const asked: number[] = [];
    const now: Now = new Now(() => {
      asked.push(now.ms);
    });
    now.start();
    vi.advanceTimersByTime(600);
    expect(now.ms).toBe(began + 600);
    vi.setSystemTime(Date.now() + 600_000);
    vi.advanceTimersByTime(1000);
    expect(asked).toEqual([began, began, began + 600]);
    expect(now.ms).toBe(began + 601_600);
    now.stop();
  });

  it('does not wait for the next second once it is known to be wrong', () => {
    const now = new Now();
    now.start();
    now.offset = 600_000;
    expect(now.ms).toBe(began + 600_000);
    now.offset = 600_020;
    expect(now.ms).toBe(began + 600_000);
    vi.advanceTimersByTime(1000);
    expect(now.ms).toBe(began + 600_620);
    now.stop();
  });

  it('stands where somebody else puts it', () => {
    const now = new Now();
    now.start();
    now.play(5);
    now.offset = 90_000;
    vi.advanceTimersByTime(5000);
    expect(now.ms).toBe(5);
  });
});
