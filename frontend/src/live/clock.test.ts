import { describe, expect, it } from 'vitest';
import { ServerClock } from './clock';

const beatMs = 2000;

/** Plays beats, each with how far the server's clock is ahead and how long the word took; returns the last offset. */
function play(beats: readonly (readonly [aheadMs: number, delayMs: number])[]): ServerClock {
  const clock = new ServerClock();
  beats.forEach(([ahead, delay], i) => {
    const now = i * beatMs;
    if (i === 0) clock.restart(now + ahead - delay, now);
    else clock.hear(now + ahead - delay, now);
  });
  return clock;
}

const steady = (count: number, ahead: number, delay: number): [number, number][] =>
  Array.from({ length: count }, () => [ahead, delay]);

describe("the server's clock", () => {
  it.each([
    ['is taken from the first word', steady(1, 5000, 20), 4980],
    ['is taken from the quickest words', [...steady(3, 0, 180), ...steady(2, 0, 20), ...steady(3, 0, 120)], -20],
    ['does not believe one sample that is far ahead', [...steady(5, 0, 20), [60_000, 20], ...steady(3, 0, 20)], -20],
    ['believes a jump forward once a second sample bears it out', [...steady(5, 0, 20), ...steady(2, 9000, 20)], 8980],
    ['mends a first word that was wrong', [[30_000, 20], ...steady(3, 0, 20)], -20],
    ['mends a first word that was late', [[0, 3000], ...steady(3, 0, 20)], -20],
  ] as [string, [number, number][], number][])('%s', (_, beats, want) => {
    expect(play(beats).offset).toBeCloseTo(want, -1);
  });

  it('does not take words that come ever later for a slow clock', () => {
    const clock = play([...steady(10, 0, 20), ...steady(30, 0, 15_000)]);
    expect(clock.offset).toBeGreaterThan(-100);
    const now = 40 * beatMs;
    expect(clock.late(now - 15_000, now)).toBeGreaterThan(14_900);
  });

  it('hears at the second word that the first was late, but believes nothing that cannot be', () => {
    const clock = new ServerClock();
    clock.restart(1000, 6000, 900); // spoken at 1000, heard 5 s later
    expect(clock.offset).toBe(-5000);
    clock.hear(8000, 8020);
    expect(clock.offset).toBe(-20);
    clock.restart(1000, 1010, 900);
    clock.hear(63_000, 3000);
    expect(clock.offset).toBe(-10);
  });

  it('says nothing is late before it knows better', () => {
    expect(new ServerClock().late(1000, 1000)).toBe(0);
  });
});
