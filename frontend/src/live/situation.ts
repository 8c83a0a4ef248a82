import type { EventFrame, Frame, LevelFrame, LevelItem, SnapshotFrame } from '../wire/frame';
import type { JsonObject } from '../wire/json';
import { parseScreenState, type ScreenState } from '../wire/screen';

/** What every report of every audience has. */
export interface Versioned {
  id: string;
  version: number;
}

/** The newest value of a key, and when this page heard it. */
export interface HeldLevel extends LevelItem {
  heardAt: number;
}

/** How a kind of report is read and when it may be forgotten. */
export interface ReportKind<R> {
  parse: (raw: JsonObject) => R | null;
  closed: (report: R) => boolean;
}

/** The picture of one topic as it can be put away and taken up again. */
export interface KeptTopic<R> {
  topic: string;
  epoch: string;
  reports: R[];
  levels: HeldLevel[];
  truncated: number;
  screen: ScreenState | null;
}

interface TopicState<R> {
  epoch: string;
  /** In the order of the last change, so that the oldest closed one comes first. */
  reports: Map<string, R>;
  levels: Map<string, HeldLevel>;
  gone: Map<string, number>;
  truncated: number;
  screen: ScreenState | undefined;
}

// A late event can only follow its `gone` by seconds; so many withdrawals never happen within them.
const mostTombstones = 5000;

// A screen runs for months: of the closed reports it keeps only the newest.
const mostClosed = 300;
const pruneEvery = 100;

/**
 * The page's copy of what is true: reports by id, levels by key and the state of a screen, per topic. The newest version wins, so
 * late, doubled and replayed frames are harmless. It knows nothing of sockets, clocks or drawing.
 */
export class Situation<R extends Versioned> {
  readonly #kind: ReportKind<R>;
  readonly #topics = new Map<string, TopicState<R>>();
  #closings = 0;
  /** How many reports and screens could not be read: a sign of a build older than the server. */
  unreadable = 0;

  constructor(kind: ReportKind<R>) {
    this.#kind = kind;
  }

  /** Applies a frame; true when anything that can be seen has changed. `now` is this machine's clock. */
  apply(frame: Frame, now: number): boolean {
    switch (frame.type) {
      case 'snapshot':
        return this.#replace(frame);
      case 'event':
        return this.#event(frame);
      case 'level':
        return this.#level(frame, now);
      case 'hello':
      case 'beat':
      case 'reset': // a snapshot follows; until then the old picture is better than none
        return false;
      default:
        frame satisfies never;
        return false;
    }
  }

  /** All reports, the newest version of each when several topics hold it. */
  reports(): R[] {
    const states = [...this.#topics.values()].filter(({ reports }) => reports.size > 0);
    if (states.length === 1) return [...(states[0]?.reports.values() ?? [])];
    const merged = new Map<string, R>();
    for (const { reports } of states) {
      for (const report of reports.values()) {
        const other = merged.get(report.id);
        if (other === undefined || other.version < report.version) merged.set(report.id, report);
      }
    }
    return [...merged.values()];
  }

  report(id: string): R | undefined {
    let newest: R | undefined;
    for (const { reports } of this.#topics.values()) {
      const held = reports.get(id);
      if (held !== undefined && (newest === undefined || newest.version < held.version)) newest = held;
    }
    return newest;
  }

  /** What the screen of a topic screen/<id> was told to show; undefined when it is unknown or no longer kept. */
  screen(topic: string): ScreenState | undefined {
    return this.#topics.get(topic)?.screen;
  }

  level(topic: string, key: string): HeldLevel | undefined {
    return this.#topics.get(topic)?.levels.get(key);
  }

  /** Every level of every topic whose key starts with the prefix. */
  levels(prefix: string): HeldLevel[] {
    return [...this.#topics.values()].flatMap(({ levels }) =>
      [...levels.values()].filter((level) => level.key.startsWith(prefix)),
    );
  }

  /** How many open reports the snapshots had no room for. */
  get truncated(): number {
    return [...this.#topics.values()].reduce((sum, topic) => sum + topic.truncated, 0);
  }

  /** Everything held, to be put away; tombstones are not: whoever takes it up begins with a snapshot. */
  keep(): KeptTopic<R>[] {
    return [...this.#topics].map(([topic, { epoch, reports, levels, truncated, screen }]) => ({
      topic,
      epoch,
      reports: [...reports.values()],
      levels: [...levels.values()],
      truncated,
      screen: screen ?? null,
    }));
  }

  /** Begins with what was put away. */
  recall(kept: readonly KeptTopic<R>[]): void {
    this.#topics.clear();
    for (const { topic, epoch, reports, levels, truncated, screen } of kept) {
      this.#topics.set(topic, {
        epoch,
        reports: new Map(reports.map((report) => [report.id, report])),
        levels: new Map(levels.map((level) => [level.key, level])),
        gone: new Map(),
        truncated,
        screen: screen ?? undefined,
      });
    }
  }

  #replace(frame: SnapshotFrame): boolean {
    // Versions and levels of another life mean nothing. The other topics keep their picture until their own snapshot
    // is there: nothing is blank, and nothing counts as confirmed, in between.
    const epoch = this.#topics.get(frame.topic)?.epoch ?? '';
    if (epoch !== '' && epoch !== frame.epoch) this.#topics.delete(frame.topic);
    const topic = this.#topic(frame.topic);
    topic.epoch = frame.epoch;
    const held = topic.reports;
    topic.reports = new Map();
    topic.truncated = frame.truncated;
    for (const raw of frame.reports) {
      const report = this.#read(raw);
      if (report === null || report.version <= (topic.gone.get(report.id) ?? -1)) continue;
      const known = held.get(report.id);
      topic.reports.set(report.id, known !== undefined && known.version > report.version ? known : report);
    }
    if (frame.screen !== null) this.#keepScreen(topic, frame.screen);
    return true;
  }

  #event(frame: EventFrame): boolean {
    const topic = this.#topic(frame.topic);
    if (frame.kind === 'gone') return bury(topic, frame.id, frame.version);
    if (frame.data === null) return false;
    if (frame.kind === 'screen') return this.#keepScreen(topic, frame.data);
    if (frame.kind !== 'report') return false;
    const report = this.#read(frame.data);
    if (report === null || report.version <= (topic.gone.get(report.id) ?? -1)) return false;
    const held = topic.reports.get(report.id);
    if (held !== undefined && held.version >= report.version) return false;
    topic.reports.delete(report.id);
    topic.reports.set(report.id, report);
    topic.gone.delete(report.id);
    if (this.#kind.closed(report) && ++this.#closings % pruneEvery === 0) this.#prune(topic);
    return true;
  }

  #keepScreen(topic: TopicState<R>, raw: JsonObject): boolean {
    const screen = parseScreenState(raw);
    if (screen === null) {
      this.unreadable++;
      return false;
    }
    if (screen.version <= (topic.gone.get(screen.id) ?? -1)) return false;
    if (topic.screen !== undefined && topic.screen.version >= screen.version) return false;
    topic.screen = screen;
    return true;
  }

  #prune(topic: TopicState<R>): void {
    const closed = [...topic.reports.values()].filter((report) => this.#kind.closed(report));
    for (const report of closed.slice(0, -mostClosed)) topic.reports.delete(report.id);
  }

  #level(frame: LevelFrame, now: number): boolean {
    const { levels } = this.#topic(frame.topic);
    let changed = false;
    for (const item of frame.items) {
      const held = levels.get(item.key);
      if (held !== undefined && held.version > item.version) continue;
      levels.set(item.key, { ...item, heardAt: now });
      changed = true;
    }
    return changed;
  }

  #read(raw: JsonObject): R | null {
    const report = this.#kind.parse(raw);
    if (report === null) this.unreadable++;
    return report;
  }

  #topic(name: string): TopicState<R> {
    let topic = this.#topics.get(name);
    if (topic === undefined) {
      topic = { epoch: '', reports: new Map(), levels: new Map(), gone: new Map(), truncated: 0, screen: undefined };
      this.#topics.set(name, topic);
    }
    return topic;
  }
}

/** Drops a thing unless a newer version is held, and remembers that it left. */
function bury<R extends Versioned>(topic: TopicState<R>, id: string, version: number): boolean {
  topic.gone.set(id, Math.max(version, topic.gone.get(id) ?? 0));
  if (topic.gone.size > mostTombstones) {
    const oldest = topic.gone.keys().next();
    if (oldest.done !== true) topic.gone.delete(oldest.value);
  }
  if (topic.screen?.id === id && topic.screen.version <= version) {
    topic.screen = undefined;
    return true;
  }
  const held = topic.reports.get(id);
  return held !== undefined && held.version <= version && topic.reports.delete(id);
}
