import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Frame, LevelFrame } from '../wire/frame';
import type { Link } from './link';
import { PastSource, type PastPage, type PastPicture } from './past';
import { pastSearch, readPastStart, type Play } from './pastStart';
import { Situation } from './situation';

const topic = 'wall/d/1';
const began = Date.UTC(2026, 10, 22, 7, 0); // where the look-back starts
const present = Date.UTC(2026, 10, 23, 2, 0);
const minute = 60_000;

const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

class Stage {
  readonly frames: { frame: Frame; now: number }[] = [];
  readonly asked: { from: number; to: number }[] = [];
  readonly pictures: number[] = [];
  links: Link[] = [];
  plays: Play[] = [];
  away = false;
  completeFrom = 0;
  most = Infinity; // a page never reaches further than this after its begin
  readonly source: PastSource;

  constructor(at = began, speed = 60) {
    this.source = new PastSource({
      topic,
      start: { at, speed },
      fetchPicture: (_, when) => this.#picture(when),
      fetchPage: (_, from, to) => this.#page(from, to),
      onFrame: (frame, now) => this.frames.push({ frame, now }),
      onLink: (link) => this.links.push(link),
      onTime: () => undefined,
      onPlay: (play) => this.plays.push(play),
    });
    this.source.start();
  }

  get play(): Play {
    const last = this.plays.at(-1);
    if (last === undefined) throw new Error('nothing was published');
    return last;
  }

  ids(): string[] {
    return this.frames.flatMap(({ frame }) => (frame.type === 'event' ? [frame.id] : []));
  }

  #picture(at: number): Promise<PastPicture> {
    if (this.away) return Promise.reject(new Error('away'));
    this.pictures.push(at);
    const snapshot: Frame = {
      type: 'snapshot',
      topic,
      epoch: 'e',
      seq: 0,
      at,
      reports: [],
      truncated: 0,
      alarms: [],
      alarmsTruncated: {},
      incidents: [],
      screen: null,
    };
    const open = { key: 'kpi/open', version: at * 1000, at, data: { value: 1, as_of: new Date(at).toISOString() } };
    return Promise.resolve({ at, frames: [snapshot], levels: [open], completeFrom: this.completeFrom });
  }

  /** One report is received at every full minute. */
  #page(from: number, to: number): Promise<PastPage> {
    if (this.away) return Promise.reject(new Error('away'));
    const end = Math.min(to, from + this.most);
    this.asked.push({ from, to: end });
    const events: PastPage['events'] = [];
    for (let at = Math.floor(from / minute) * minute + minute; at <= end; at += minute) {
      const id = new Date(at).toISOString().slice(11, 16);
      events.push({ at, frame: { type: 'event', topic, seq: 1, kind: 'report', id, version: 1, at, data: { id } } });
    }
    return Promise.resolve({ to: end, stepMs: minute, events, levels: [] });
  }
}

let stage: Stage;

beforeEach(() => {
  vi.useFakeTimers({ now: present, toFake: ['setInterval', 'clearInterval', 'Date', 'performance'] });
});

afterEach(() => {
  stage.source.stop();
  vi.useRealTimers();
});

describe('an address', () => {
  it.each([
    ['?luc=2026-11-22T14:00:00%2B07:00&toc-do=60', 60],
    ['?luc=2026-11-22T14:00:00+07:00&toc-do=70', 60],
    ['?luc=2026-11-22T07:00:00Z', 1],
    ['?luc=2026-11-22T07:00:00Z&toc-do=99999', 600],
    ['?luc=2026-11-22T07:00:00Z&toc-do=nhanh', 1],
  ])('%s names a moment and a speed', (search, speed) => {
    stage = new Stage();
    expect(readPastStart(search)).toEqual({ at: began, speed });
    expect(readPastStart(pastSearch({ at: began, speed }))).toEqual({ at: began, speed });
  });

  it.each(['', '?luc=', '?luc=h%C3%B4m-qua', '?toc-do=60'])('%j asks for the present', (search) => {
    stage = new Stage();
    expect(readPastStart(search)).toBeNull();
  });
});

describe('the player', () => {
  it('shows each event when the time played reaches it, and nothing of later', async () => {
    stage = new Stage();
    await settle(10);
    expect(stage.frames[0]?.frame.type).toBe('snapshot');
    await settle(3600);
    expect(stage.ids()).toEqual(['07:01', '07:02', '07:03']);
    for (const { frame, now } of stage.frames) if (frame.type === 'event') expect(frame.at).toBeLessThanOrEqual(now);
    await settle(60_000);
    expect(stage.ids()).toHaveLength(63);
    expect(new Set(stage.ids()).size).toBe(63);
  });

  it('fetches the next page before it needs it, each where the last one ended', async () => {
    stage = new Stage();
    stage.most = 20 * minute;
    await settle(60_000);
    expect(stage.asked.length).toBeGreaterThan(2);
    for (let i = 1; i < stage.asked.length; i++) expect(stage.asked[i]?.from).toBe(stage.asked[i - 1]?.to);
    expect(stage.plays.filter((play) => play.waiting && play.at > began + minute)).toEqual([]);
  });

  it('stands still while paused, and steps by the minute', async () => {
    stage = new Stage();
    await settle(1100);
    stage.source.pause(true);
    const at = stage.play.at;
    await settle(10_000);
    expect(stage.play.at).toBe(at);
    stage.source.step(minute);
    expect(stage.play.at).toBe(at + minute);
    expect(stage.pictures).toHaveLength(1);
    stage.source.step(-2 * minute);
    await settle(10);
    expect(stage.play.at).toBe(at - minute);
    expect(stage.pictures).toHaveLength(2);
  });

  it('gives a situation nothing of the future when it goes back', async () => {
    stage = new Stage();
    await settle(3600);
    stage.source.seek(began + minute / 2);
    await settle(10);
    const situation = new Situation<{ id: string; version: number }>({
      parse: (raw) => ({ id: String(raw['id']), version: 1 }),
      closed: () => false,
    });
    for (const { frame, now } of stage.frames) situation.apply(frame, now);
    expect(situation.reports()).toEqual([]);
    expect(situation.level(topic, 'kpi/open')?.at).toBe(began + minute / 2);
  });

  it('says the sums again at every step, with the time for which they hold', async () => {
    stage = new Stage();
    await settle(5600);
    const sums = stage.frames
      .map(({ frame }) => frame)
      .filter((frame): frame is LevelFrame => frame.type === 'level')
      .flatMap(({ items }) => items);
    expect([...new Set(sums.map(({ at }) => (at - began) / minute))]).toEqual([0, 1, 2, 3, 4, 5]);
    expect(sums.at(-1)?.data).toMatchObject({ value: 1, as_of: new Date(began + 5 * minute).toISOString() });
  });

  it('never lets a sum that still holds look unheard of', async () => {
    stage = new Stage();
    let heard = began;
    for (let i = 0; i < 20; i++) {
      await settle(500);
      heard = Math.max(heard, ...stage.frames.flatMap(({ frame, now }) => (frame.type === 'level' ? [now] : [])));
      expect(stage.play.at - heard).toBeLessThan(12_000);
    }
  });

  it('changes its speed along the scale and no further', async () => {
    stage = new Stage();
    await settle(10);
    stage.source.change(1);
    expect(stage.play.speed).toBe(120);
    for (let i = 0; i < 20; i++) stage.source.change(-1);
    expect(stage.play.speed).toBe(1);
  });

  it('waits, says so and goes on when the server was away', async () => {
    stage = new Stage();
    stage.away = true;
    await settle(10);
    stage.source.seek(began + 60 * minute);
    await settle(1000);
    expect(stage.play).toMatchObject({ failed: true, waiting: true });
    expect(stage.links.at(-1)).toMatchObject({ phase: 'stale', cause: 'link' });
    stage.away = false;
    await settle(3000);
    expect(stage.play).toMatchObject({ failed: false, waiting: false });
    expect(stage.links.at(-1)).toMatchObject({ phase: 'live' });
  });

  it('begins where facts do when asked for an earlier time, and says so', async () => {
    stage = new Stage();
    stage.completeFrom = began + 60 * minute;
    stage.frames.length = 0;
    stage.source.seek(began);
    await settle(10);
    expect(stage.frames[0]).toMatchObject({ now: began + 60 * minute });
    expect(stage.play).toMatchObject({ clamped: true, at: began + 60 * minute });
    stage.source.seek(began + 90 * minute);
    await settle(10);
    expect(stage.play.clamped).toBe(false);
  });

  it('ends at the present and never runs past it', async () => {
    stage = new Stage(present - 10 * minute, 600);
    await settle(5000);
    expect(stage.play.ended).toBe(true);
    expect(stage.play.at).toBeLessThanOrEqual(Date.now());
  });

  it('goes on where it stopped after a sleep', async () => {
    stage = new Stage();
    await settle(1000);
    const at = stage.play.at;
    vi.setSystemTime(Date.now() + 3_600_000);
    await settle(500);
    expect(stage.play.at - at).toBeLessThanOrEqual(1000 * 60);
  });
});
