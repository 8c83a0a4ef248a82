import { parseAlarm, parseIncident, type Alarm, type Incident } from '../wire/alarm';
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
  alarms: Alarm[];
  alarmsTruncated: Readonly<Record<string, number>>;
  incidents: Incident[];
  screen: ScreenState | null;
}

interface TopicState<R> {
  epoch: string;
  /** In the order of the last change, so that the oldest closed one comes first. */
  reports: Map<string, R>;
  levels: Map<string, HeldLevel>;
  gone: Map<string, number>;
  truncated: number;
  /** Open ones only: a closed alarm is dropped, and its version remembered. */
  alarms: Map<string, Alarm>;
  alarmsTruncated: Readonly<Record<string, number>>;
  incidents: Map<string, Incident>;
  screen: ScreenState | undefined;
}

// A late event can only follow its `gone` by seconds; so many withdrawals never happen within them.
const mostTombstones = 5000;

// A screen runs for months: of the closed reports it keeps only the newest.
const mostClosed = 300;
const pruneEvery = 100;

/**
 * The page's copy of what is true: reports, alarms and incidents by id, levels by key and the state of a screen, per topic. The
 * newest version wins, so late, doubled and replayed frames are harmless. It knows nothing of sockets, clocks or drawing.
 */
export class Situation<R extends Versioned> {
  readonly #kind: ReportKind<R>;
  readonly #topics = new Map<string, TopicState<R>>();
  #closings = 0;
  /** How many reports, alarms, incidents and screens could not be read: a sign of a build older than the server. */
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
    return this.#newest(({ reports }) => reports);
  }

  /** All open alarms, the newest version of each. */
  alarms(): Alarm[] {
    return this.#newest(({ alarms }) => alarms);
  }

  alarm(id: string): Alarm | undefined {
    return this.#one(id, ({ alarms }) => alarms);
  }

  /** How many open alarms of a priority the snapshots had no room for. */
  alarmsTruncated(priority: string): number {
    return [...this.#topics.values()].reduce((sum, topic) => sum + (topic.alarmsTruncated[priority] ?? 0), 0);
  }

  /** All proposed and open incidents. */
  incidents(): Incident[] {
    return this.#newest(({ incidents }) => incidents);
  }

  report(id: string): R | undefined {
    return this.#one(id, ({ reports }) => reports);
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
    return [...this.#topics].map(([topic, held]) => ({
      topic,
      epoch: held.epoch,
      reports: [...held.reports.values()],
      levels: [...held.levels.values()],
      truncated: held.truncated,
      alarms: [...held.alarms.values()],
      alarmsTruncated: held.alarmsTruncated,
      incidents: [...held.incidents.values()],
      screen: held.screen ?? null,
    }));
  }

  /** Begins with what was put away. */
  recall(kept: readonly KeptTopic<R>[]): void {
    this.#topics.clear();
    for (const { topic, reports, levels, alarms, incidents, screen, ...rest } of kept) {
      this.#topics.set(topic, {
        ...rest,
        reports: byId(reports),
        levels: new Map(levels.map((level) => [level.key, level])),
        gone: new Map(),
        alarms: byId(alarms),
        incidents: byId(incidents),
        screen: screen ?? undefined,
      });
    }
  }

  #newest<T extends Versioned>(of: (topic: TopicState<R>) => Map<string, T>): T[] {
    const all = [...this.#topics.values()].map(of).filter(({ size }) => size > 0);
    if (all.length === 1) return [...(all[0]?.values() ?? [])];
    const merged = new Map<string, T>();
    for (const things of all) {
      for (const thing of things.values()) {
        const other = merged.get(thing.id);
        if (other === undefined || other.version < thing.version) merged.set(thing.id, thing);
      }
    }
    return [...merged.values()];
  }

  #one<T extends Versioned>(id: string, of: (topic: TopicState<R>) => Map<string, T>): T | undefined {
    let newest: T | undefined;
    for (const topic of this.#topics.values()) {
      const held = of(topic).get(id);
      if (held !== undefined && (newest === undefined || newest.version < held.version)) newest = held;
    }
    return newest;
  }

  #replace(frame: SnapshotFrame): boolean {
    // Versions and levels of another life mean nothing. The other topics keep their picture until their own snapshot
    // is there: nothing is blank, and nothing counts as confirmed, in between.
    const epoch = this.#topics.get(frame.topic)?.epoch ?? '';
    if (epoch !== '' && epoch !== frame.epoch) this.#topics.delete(frame.topic);
    const topic = this.#topic(frame.topic);
    topic.epoch = frame.epoch;
    topic.truncated = frame.truncated;
    topic.alarmsTruncated = frame.alarmsTruncated;
    topic.reports = this.#all(topic, topic.reports, frame.reports, this.#kind.parse);
    topic.alarms = this.#all(topic, topic.alarms, frame.alarms, parseAlarm);
    topic.incidents = this.#all(topic, topic.incidents, frame.incidents, parseIncident);
    if (frame.screen !== null) this.#keepScreen(topic, frame.screen);
    return true;
  }

  #event(frame: EventFrame): boolean {
    const topic = this.#topic(frame.topic);
    if (frame.kind === 'gone') return bury(topic, frame.id, frame.version);
    if (frame.data === null) return false;
    if (frame.kind === 'screen') return this.#keepScreen(topic, frame.data);
    if (frame.kind === 'alarm') return this.#alarm(topic, frame.data);
    if (frame.kind === 'incident') return this.#incident(topic, frame.data);
    if (frame.kind !== 'report') return false;
    const report = this.#take(topic, topic.reports, this.#read(frame.data, this.#kind.parse));
    if (report === null) return false;
    if (this.#kind.closed(report) && ++this.#closings % pruneEvery === 0) this.#prune(topic);
    return true;
  }

  #alarm(topic: TopicState<R>, raw: JsonObject): boolean {
    const alarm = this.#take(topic, topic.alarms, this.#read(raw, parseAlarm));
    if (alarm?.state === 'closed') bury(topic, alarm.id, alarm.version);
    return alarm !== null;
  }

  #incident(topic: TopicState<R>, raw: JsonObject): boolean {
    const incident = this.#take(topic, topic.incidents, this.#read(raw, parseIncident));
    if (incident?.state === 'closed') bury(topic, incident.id, incident.version);
    return incident !== null;
  }

  /** The things of a snapshot, and of those held already the newer ones. */
  #all<T extends Versioned>(
    { gone }: TopicState<R>,
    held: ReadonlyMap<string, T>,
    raws: readonly JsonObject[],
    parse: (raw: JsonObject) => T | null,
  ): Map<string, T> {
    const all = new Map<string, T>();
    for (const raw of raws) {
      const thing = this.#read(raw, parse);
      if (thing === null || thing.version <= (gone.get(thing.id) ?? -1)) continue;
      const known = held.get(thing.id);
      all.set(thing.id, known !== undefined && known.version > thing.version ? known : thing);
    }
    return all;
  }

  /** Keeps a thing, last of all; null when what is held or left is as new. */
  #take<T extends Versioned>({ gone }: TopicState<R>, held: Map<string, T>, thing: T | null): T | null {
    if (thing === null || thing.version <= (gone.get(thing.id) ?? -1)) return null;
    const known = held.get(thing.id);
    if (known !== undefined && known.version >= thing.version) return null;
    held.delete(thing.id);
    held.set(thing.id, thing);
    gone.delete(thing.id);
    return thing;
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

  #read<T>(raw: JsonObject, parse: (raw: JsonObject) => T | null): T | null {
    const thing = parse(raw);
    if (thing === null) this.unreadable++;
    return thing;
  }

  #topic(name: string): TopicState<R> {
    let topic = this.#topics.get(name);
    if (topic === undefined) {
      topic = {
        epoch: '',
        reports: new Map(),
        levels: new Map(),
        gone: new Map(),
        truncated: 0,
        alarms: new Map(),
        alarmsTruncated: {},
        incidents: new Map(),
        screen: undefined,
      };
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
  return [topic.reports, topic.alarms, topic.incidents].some((things: Map<string, Versioned>) => {
    const held = things.get(id);
    return held !== undefined && held.version <= version && things.delete(id);
  });
}

const byId = <T extends Versioned>(things: readonly T[]): Map<string, T> => new Map(things.map((one) => [one.id, one]));
