// @vitest-environment happy-dom
import { flushSync } from 'svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { EventFrame, LevelFrame, SnapshotFrame } from '../wire/frame';
import { asCount, asText } from '../wire/json';
import { LiveSituation } from './situation.svelte';

interface Thing {
  id: string;
  version: number;
}

const topic = 'wall/d/1';
const batchMs = 100;

const event = (version: number): EventFrame => ({
  type: 'event',
  topic,
  seq: version,
  kind: 'report',
  id: 'a',
  version,
  at: 0,
  data: { id: 'a', version },
});

const level = (version: number): LevelFrame => ({
  type: 'level',
  topic,
  items: [{ key: 'kpi/open', version, at: 0, data: { value: version } }],
});

const snapshot: SnapshotFrame = {
  type: 'snapshot',
  topic,
  epoch: 'e1',
  seq: 1,
  at: 0,
  reports: [],
  truncated: 0,
  alarms: [],
  alarmsTruncated: {},
  incidents: [],
  screen: null,
};

/** A page that reads reports in one place and levels in another, and counts how often each was made anew. */
function read(situation: LiveSituation<Thing>): { reports: number[]; levels: number[]; end: () => void } {
  const seen = { reports: [] as number[], levels: [] as number[] };
  const end = $effect.root(() => {
    $effect(() => {
      seen.reports.push(situation.reports[0]?.version ?? 0);
    });
    $effect(() => {
      seen.levels.push(situation.level(topic, 'kpi/open')?.version ?? 0);
    });
  });
  flushSync();
  return { ...seen, end };
}

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

let situation: LiveSituation<Thing>;
let page: ReturnType<typeof read>;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  situation = new LiveSituation<Thing>({
    parse: (raw) => ({ id: asText(raw['id']), version: asCount(raw['version']) ?? 0 }),
    closed: () => false,
  });
  page = read(situation);
});

afterEach(() => {
  page.end();
  vi.useRealTimers();
});

describe('what reads a situation', () => {
  it('sees the first frame at once', async () => {
    situation.apply(event(1));
    await pass(0);
    expect(page.reports).toEqual([0, 1]);
  });

  it('is run again for what it has read, and for nothing else', async () => {
    situation.apply(level(1));
    await pass(batchMs);
    expect(page).toMatchObject({ reports: [0], levels: [0, 1] });
    situation.apply(event(1));
    await pass(batchMs);
    expect(page).toMatchObject({ reports: [0, 1], levels: [0, 1] });
    situation.apply(snapshot);
    await pass(batchMs);
    expect(page).toMatchObject({ reports: [0, 1, 0], levels: [0, 1, 1] });
  });

  it('sees all that is held before the link is called live', async () => {
    situation.apply(event(1));
    await pass(0);
    situation.apply(event(2));
    situation.tell();
    flushSync();
    expect(page.reports).toEqual([0, 1, 2]);
    await pass(batchMs);
    expect(page.reports).toEqual([0, 1, 2]);
  });

  it('is run ten times a second at most, and sees the newest', async () => {
    for (let version = 1; version <= 50; version++) {
      situation.apply(event(version));
      await pass(20);
    }
    await pass(batchMs);
    expect(page.reports.length).toBeLessThanOrEqual(1 + 1 + 10);
    expect(page.reports.at(-1)).toBe(50);
  });
});
