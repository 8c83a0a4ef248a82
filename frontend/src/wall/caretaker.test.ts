// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Beat } from '../api/screens';
import type { Link, Phase } from '../live/link';
import { Caretaker, type MapCode, type Wall } from './caretaker';
import { nightMinute } from './upkeep';
import { HeapGrowth } from './watchdog';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

/** A wall whose day begins at 20:00 and whose clock runs with the fake one. */
class Scene {
  phase: Phase = 'live';
  grave = false;
  ordered: number | null = 0;
  mapCode: MapCode = 'here';
  serves = true;
  outdated = false;
  now = 20 * hourMs;
  readonly beats: Beat[] = [];
  readonly reloads: { reason: string; minute: number }[] = [];
  readonly shifts: [number, number][] = [];
  readonly dimmed: { on: boolean; minute: number }[] = [];
  kept = 0;

  #begunAt = performance.now();
  readonly caretaker: Caretaker;

  constructor() {
    this.caretaker = new Caretaker(this.#wall());
    this.caretaker.start();
  }

  get minute(): number {
    return Math.floor((this.now + performance.now() - this.#begunAt) / minuteMs) % 1440;
  }

  #wall(): Wall {
    const link = (): Link => ({ phase: this.phase, cause: 'none', dataAt: 0, transport: 'websocket', offsetMs: 20.6 });
    return {
      screenId: 'tinh',
      link,
      minute: () => this.minute,
      grave: () => this.grave,
      seq: () => 12,
      build: () => 'b1',
      shown: () => ({ scene: 'ngay-thuong', area: '67', density: 'far', version: 3 }),
      ordered: () => this.ordered,
      mapCode: () => this.mapCode,
      sendBeat: (_, beat) => {
        this.beats.push(beat);
        return Promise.resolve();
      },
      serverAnswers: () => Promise.resolve(this.serves),
      isOutdated: () => Promise.resolve(this.outdated),
      keepPicture: () => {
        this.kept++;
        return Promise.resolve();
      },
      shift: (x, y) => this.shifts.push([x, y]),
      dim: (on) => this.dimmed.push({ on, minute: this.minute }),
      reload: (reason) => this.reloads.push({ reason, minute: this.minute }),
      random: () => 0.5,
    };
  }
}

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

let scene: Scene;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'] });
  sessionStorage.clear();
  scene = new Scene();
});

afterEach(() => {
  scene.caretaker.stop();
  vi.useRealTimers();
});

describe('a caretaker', () => {
  it('begins as dark as the page before it was, until it knows better', async () => {
    await pass(3 * hourMs);
    expect(scene.dimmed.map(({ on }) => on)).toEqual([true]);
    const next = async (phase: Phase, ms: number): Promise<boolean[]> => {
      scene.caretaker.stop();
      scene = new Scene();
      scene.phase = phase;
      await pass(ms);
      return scene.dimmed.map(({ on }) => on);
    };
    expect(await next('connecting', 4000)).toEqual([true]);
    expect(await next('stale', 7000)).toEqual([true, false]);
    expect(await next('connecting', 4000)).toEqual([]);
  });

  it('fetches the page anew when the code of its map did not come, three times at the most until it is here', async () => {
    const page = async (mapCode: MapCode): Promise<string[]> => {
      scene.caretaker.stop();
      scene = new Scene();
      scene.mapCode = mapCode;
      await pass(40_000);
      return scene.reloads.map(({ reason }) => reason);
    };
    for (let n = 0; n < 3; n++) expect(await page('missing')).toEqual(['part']);
    expect(await page('missing')).toEqual([]);
    expect(await page('coming')).toEqual([]);
    expect(await page('missing')).toEqual([]);
    expect(await page('here')).toEqual([]);
    expect(await page('missing')).toEqual(['part']);
  });

  it('tells the server every 10 s how the page is', async () => {
    await pass(60_000);
    expect(scene.beats).toHaveLength(6);
    expect(scene.beats[0]).toMatchObject({
      build: 'b1',
      seq: 12,
      skewMs: -21,
      scene: 'ngay-thuong',
      area: '67',
      density: 'far',
      phase: 'live',
      version: 3,
      longTasks: 0,
    });
  });

  it('dims the night, reloads once in it at the minute of the screen, and shifts the picture', async () => {
    await pass(12 * hourMs);
    expect(scene.dimmed).toEqual([
      { on: true, minute: 22 * 60 },
      { on: false, minute: 5 * 60 + 30 },
    ]);
    expect(scene.reloads).toEqual([]); // up for less than half a day
    await pass(24 * hourMs);
    const [first] = scene.reloads;
    expect(first).toEqual({ reason: 'night', minute: nightMinute('tinh') });
    expect(scene.reloads.length).toBe(1);
    expect(scene.shifts.length).toBe(6 * 36);
  });

  it('leaves everything alone while anything grave is on the screen, and ends the dimming at once', async () => {
    await pass(3 * hourMs);
    expect(scene.dimmed.at(-1)?.on).toBe(true);
    const shifts = scene.shifts.length;
    scene.grave = true;
    await pass(1000);
    expect(scene.dimmed.at(-1)?.on).toBe(false);
    await pass(30 * hourMs);
    expect(scene.reloads).toEqual([]);
    expect(scene.shifts).toHaveLength(shifts);
    expect(scene.dimmed).toHaveLength(2);
  });

  it('does nothing planned while the data are old', async () => {
    scene.phase = 'stale';
    scene.serves = false;
    await pass(36 * hourMs);
    expect([scene.reloads, scene.shifts, scene.dimmed]).toEqual([[], [], []]);
  });

  it('obeys an order that is newer than the page, spread over half a minute', async () => {
    scene.ordered = 7;
    await pass(10_000);
    expect(scene.reloads).toEqual([]); // the order was there when the page came
    scene.ordered = 8;
    await pass(14_000);
    expect(scene.reloads).toEqual([]);
    await pass(3000);
    expect(scene.reloads).toMatchObject([{ reason: 'order' }]);
    expect(scene.kept).toBeGreaterThan(0);
  });

  it('does not take the order of a kept picture for the newest', async () => {
    scene.caretaker.stop();
    scene = new Scene();
    scene.phase = 'stale';
    scene.ordered = 3;
    await pass(5000);
    scene.phase = 'live';
    scene.ordered = 9;
    await pass(60_000);
    expect(scene.reloads).toEqual([]);
  });

  it('tries three reloads when the data stay away, each only to a server that answers', async () => {
    scene.phase = 'stale';
    scene.serves = false;
    await pass(10 * minuteMs);
    expect(scene.reloads).toEqual([]);
    scene.serves = true;
    await pass(minuteMs);
    expect(scene.reloads).toMatchObject([{ reason: 'dead' }]);
    for (let n = 2; n <= 5; n++) {
      // The page that comes after a reload.
      const reloads = scene.reloads.length;
      scene.caretaker.stop();
      scene = new Scene();
      scene.phase = 'stale';
      await pass(10 * minuteMs);
      expect(scene.reloads.length, `page ${String(n)} after ${String(reloads)}`).toBe(n <= 3 ? 1 : 0);
    }
    scene.phase = 'live';
    await pass(minuteMs);
    scene.phase = 'stale';
    await pass(3 * minuteMs);
    expect(scene.reloads).toMatchObject([{ reason: 'dead' }]); // it was live: the count begins again
  });

  it('does not reload a page whose data came back meanwhile', async () => {
    scene.phase = 'stale';
    await pass(95_000);
    scene.phase = 'live';
    await pass(5 * minuteMs);
    expect(scene.reloads).toEqual([]);
  });

  it('takes another build of the page when it is calm', async () => {
    scene.grave = true;
    scene.caretaker.outdated();
    await pass(5 * minuteMs);
    expect(scene.reloads).toEqual([]);
    scene.grave = false;
    await pass(minuteMs);
    expect(scene.reloads).toMatchObject([{ reason: 'build' }]);
  });

  it('asks, whenever the data come, whether the server has another page', async () => {
    scene.outdated = true;
    scene.phase = 'stale';
    await pass(5000);
    scene.phase = 'live';
    await pass(minuteMs);
    expect(scene.reloads).toMatchObject([{ reason: 'build' }]);
  });

  it('keeps the picture once a minute', async () => {
    await pass(10 * minuteMs);
    expect(scene.kept).toBe(11); // once when it came live
  });
});

describe('the growth of a heap', () => {
  const play = (samples: readonly number[]): number => {
    const growth = new HeapGrowth();
    for (const sample of samples) growth.hear(sample);
    return growth.bytes;
  };
  const repeat = (count: number, ...cycle: number[]): number[] =>
    Array.from({ length: count }, (_, i) => cycle[i % cycle.length] ?? 0);

  it('is none while the page warms up, nor for garbage that comes and goes', () => {
    expect(play(repeat(29, 50, 500))).toBe(0);
    expect(play(repeat(300, 50, 500, 900))).toBe(0);
  });

  it('is what stays after the garbage is gone', () => {
    expect(play([...repeat(30, 50, 90), ...repeat(30, 250, 300)])).toBe(200);
  });

  it('is none where the browser does not say', () => {
    const growth = new HeapGrowth();
    for (let i = 0; i < 100; i++) growth.hear(null);
    expect(growth.bytes).toBe(0);
  });
});
