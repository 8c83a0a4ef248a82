import { SvelteMap } from 'svelte/reactivity';
import { fetchCategories, fetchUnits, type Named } from '../api/reports';
import { fetchAreas, fetchDivisions, fetchTicket, type Division } from '../api/screen';
import { Connection } from '../live/connection';
import type { Link } from '../live/link';
import { Now } from '../live/now.svelte';
import { openPipe } from '../live/pipe';
import { LiveSituation } from '../live/situation.svelte';
import { Places } from '../rules/places';
import type { EventFrame, Frame } from '../wire/frame';
import { parseNote, parsePresence, presenceKey, type OpenReport } from '../wire/queue';
import { parseOpsReport, type OpsReport } from '../wire/report';
import { Queue } from './queue.svelte';

export interface Desk {
  division: Division;
  topic: string;
  places: Places;
  categories: Named[];
  units: Named[];
}

/** What of all this its person may have. */
export interface Sight {
  reports: boolean;
  live: boolean;
  /** The areas ("division/code") and units a person is bound to; null for the whole province. */
  scope: { areas: readonly string[]; units: readonly string[] } | null;
}

const retryMs = 3000;

/** Everything one console holds. start() begins fetching and listening; stop() ends both. */
export class ConsoleSession {
  readonly now = new Now(() => this.#connection?.notice());
  readonly queue = new Queue(() => this.now.ms);
  readonly situation = new LiveSituation<OpsReport>({ parse: parseOpsReport, closed: (r) => r.closedAt !== null });
  desk = $state.raw<Desk | null>(null);
  link = $state.raw<Link>({ phase: 'connecting', cause: 'none', dataAt: null, transport: 'websocket', offsetMs: 0 });
  waiting = $state(false);
  /** How many notes were heard of, by report. */
  readonly #notes = new SvelteMap<string, number>();
  /** Who wants to hear what the stream says as it is said. */
  #hearers: readonly ((frame: Frame) => void)[] = [];
  #connection: Connection | null = null;
  #snapshots = 0;
  #retry: ReturnType<typeof setTimeout> | undefined;
  #stopped = false;
  readonly #sight: Sight;

  constructor(sight: Sight = { reports: true, live: true, scope: null }) {
    this.#sight = sight;
  }

  start(): void {
    this.now.start();
    if (this.#sight.reports) void this.queue.load();
    void this.#prepare();
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#retry);
    this.now.stop();
    this.#connection?.stop();
  }

  look(): void {
    this.#connection?.look();
  }

  /** Hands on every frame after it was applied; the function it returns ends that. */
  listen(hear: (frame: Frame) => void): () => void {
    this.#hearers = [...this.#hearers, hear];
    return () => {
      this.#hearers = this.#hearers.filter((one) => one !== hear);
    };
  }

  /** Whether this person may listen at all. */
  get live(): boolean {
    return this.#sight.live;
  }

  get seq(): number {
    return this.#connection?.seq ?? 0;
  }

  /** Grows with every note that is heard of beside a report. */
  notes(report: string): number {
    return this.#notes.get(report) ?? 0;
  }

  /** Who has which report open, by report. */
  get present(): Readonly<Record<string, OpenReport>> {
    const said = this.situation.level(this.desk?.topic ?? '', presenceKey)?.data ?? {};
    return Object.fromEntries(parsePresence(said).map((open) => [open.id, open]));
  }

  async #prepare(): Promise<void> {
    try {
      const [division] = await fetchDivisions();
      if (division === undefined) throw new Error('the server has no division');
      const whole = [`ops/${division.code}/${division.root}`];
      const scope = this.#sight.scope;
      if (scope === null) this.#listen(whole);
      const [areas, categories, units] = await Promise.all([
        fetchAreas(division.code),
        fetchCategories(),
        fetchUnits(),
      ]);
      const places = new Places(areas);
      const topics = scope === null ? whole : topicsOf(scope, division, places);
      this.#listen(topics);
      this.desk = { division, topic: topics[0] ?? '', places, categories, units };
      this.waiting = false;
    } catch {
      if (this.#stopped) return;
      this.waiting = true;
      this.#retry = setTimeout(() => void this.#prepare(), retryMs * (0.5 + Math.random()));
    }
  }

  #listen(topics: readonly string[]): void {
    if (this.#connection !== null || this.#stopped || !this.#sight.live || topics.length === 0) return;
    this.#connection = new Connection({
      topics,
      fetchTicket: () => fetchTicket(topics),
      openPipe,
      onFrame: (frame) => {
        this.#take(frame);
      },
      onLink: (link) => {
        this.situation.tell();
        this.link = link;
        this.now.offset = link.offsetMs;
      },
    });
    this.#connection.start();
  }

  #take(frame: Frame): void {
    this.situation.apply(frame);
    for (const hear of this.#hearers) hear(frame);
    if (frame.type === 'snapshot') {
      for (const raw of frame.reports) this.#hear(parseOpsReport(raw));
      this.queue.uncertain = this.#snapshots++ > 0;
    }
    if (frame.type !== 'event') return;
    if (frame.kind === 'gone') this.queue.drop(frame.id, frame.version);
    else if (frame.kind === 'note') this.#hearNote(frame);
    else if (frame.kind === 'report' && frame.data !== null) this.#hear(parseOpsReport(frame.data));
  }

  #hear(report: OpsReport | null): void {
    if (report === null) return;
    // The first snapshot only repeats what the list holds or has further pages for.
    if (this.#snapshots > 0 || this.queue.row(report.id) !== undefined) this.queue.hear(report);
  }

  #hearNote({ data }: EventFrame): void {
    const note = data && parseNote(data);
    if (note !== null) this.#notes.set(note.report, this.notes(note.report) + 1);
  }
}

/** What somebody bound to areas and units may listen to, areas first. */
export function topicsOf(scope: NonNullable<Sight['scope']>, division: Division, places: Places): string[] {
  const areas = scope.areas.flatMap((name) => {
    const [own, code] = name.split('/');
    return own === division.code && code !== undefined ? [code] : [];
  });
  const path = (code: string): string[] => {
    const parent = places.get(code)?.parent ?? '';
    return parent === '' ? [code] : [...path(parent), code];
  };
  if (areas.includes(division.root)) return [`ops/${division.code}/${division.root}`];
  return [
    ...areas.map((code) => ['ops', division.code, ...path(code)].join('/')),
    ...scope.units.map((unit) => `unit/${unit}`),
  ];
}
