import { describe, expect, it } from 'vitest';
import { dims, heapGrowthBytes, nightMinute, reasonToReload, shiftPath, type Reason, type Signs } from './upkeep';

const hourMs = 3_600_000;
const own = 4 * 60 + 20;
const at = (hour: number, minute = 0): number => hour * 60 + minute;

const quiet: Signs = {
  calm: true,
  minute: at(12),
  upMs: 20 * hourMs,
  ordered: false,
  deadMs: 0,
  fruitless: 0,
  mapMissing: false,
  mapless: 0,
  outdatedMs: null,
  heapGrowth: 0,
};
const grave = { calm: false };
const dead = { calm: false, deadMs: 90_000 };

describe('a reload', () => {
  it.each([
    ['has no reason on an ordinary day', {}, null],
    ['comes at night at the minute of the screen', { minute: own }, 'night'],
    ['comes later in that hour when the minute was not calm', { minute: at(4, 59) }, 'night'],
    ['does not come before that minute', { minute: own - 1 }, null],
    ['does not come after that hour', { minute: at(5) }, null],
    ['does not come twice in a night', { minute: own, upMs: 11 * hourMs }, null],
    ['of the night waits while anything grave is on the screen', { minute: own, ...grave }, null],
    ['follows a heap that has grown too far', { heapGrowth: heapGrowthBytes + 1 }, 'heap'],
    ['does not follow a heap that is only large', { heapGrowth: heapGrowthBytes }, null],
    ['for the heap waits while anything grave is on the screen', { heapGrowth: heapGrowthBytes + 1, ...grave }, null],
    ['is obeyed when ordered, whatever is on the screen', { ordered: true, ...grave }, 'order'],
    ['is tried after 90 s without live data', dead, 'dead'],
    ['is not tried before', { ...dead, deadMs: 89_999 }, null],
    ['is tried a third time', { ...dead, fruitless: 2 }, 'dead'],
    ['is not tried a fourth time: the old picture stays, marked old', { ...dead, fruitless: 3 }, null],
    ['fetches a map whose code did not come, whatever is on the screen', { mapMissing: true, ...grave }, 'part'],
    ['does so three times at the most', { mapMissing: true, mapless: 3 }, null],
    ['follows another build at once when it is calm', { outdatedMs: 0 }, 'build'],
    ['follows another build only after a while when it is not', { outdatedMs: 14 * 60_000, ...grave }, null],
    ['follows another build at last', { outdatedMs: 15 * 60_000, ...grave }, 'build'],
    ['is for the most urgent reason', { ordered: true, deadMs: 90_000, outdatedMs: 0, minute: own }, 'order'],
  ] as [string, Partial<Signs>, Reason | null][])('%s', (_, signs, want) => {
    expect(reasonToReload({ ...quiet, ...signs }, own)).toBe(want);
  });
});

describe('the minute of the night', () => {
  const screens = Array.from({ length: 200 }, (_, i) => `man-hinh-${String(i)}`);

  it('lies between four and five, and is always the same for a screen', () => {
    for (const id of screens) {
      expect(nightMinute(id)).toBeGreaterThanOrEqual(at(4));
      expect(nightMinute(id)).toBeLessThan(at(5));
      expect(nightMinute(id)).toBe(nightMinute(id));
    }
  });

  it('is spread over the hour', () => {
    const minutes = screens.map(nightMinute);
    expect(new Set(minutes).size).toBeGreaterThan(50);
    const most = Math.max(...minutes.map((minute) => minutes.filter((other) => other === minute).length));
    expect(most).toBeLessThan(12);
  });
});

describe('the dimmed night', () => {
  it.each([
    [at(21, 59), true, false],
    [at(22), true, true],
    [at(0), true, true],
    [at(5, 29), true, true],
    [at(5, 30), true, false],
    [at(12), true, false],
    [at(22), false, false],
    [at(3), false, false],
  ])('at minute %i, calm %s: %s', (minute, calm, want) => {
    expect(dims(minute, calm)).toBe(want);
  });
});

describe('the shift', () => {
  it('moves the picture by 2 to 8 px and never far in one step', () => {
    for (const [i, [x, y]] of shiftPath.entries()) {
      expect(Math.hypot(x, y)).toBeGreaterThanOrEqual(2);
      expect(Math.hypot(x, y)).toBeLessThanOrEqual(8);
      const [nextX, nextY] = shiftPath[(i + 1) % shiftPath.length] ?? [0, 0];
      expect(Math.hypot(x - nextX, y - nextY)).toBeLessThanOrEqual(6);
    }
  });
});
