import type { Alarm, Incident } from '../wire/alarm';
import type { Frame } from '../wire/frame';
import type { ScreenState } from '../wire/screen';
import { Situation, type HeldLevel, type KeptTopic, type ReportKind, type Versioned } from './situation';

/** Nobody reads faster: a page that is made anew for every frame of a busy hour has no time for anything else. */
const leastMs = 100;

/**
 * The reactive face of a Situation: whatever reads it is run again when what it has read changed: reports and screens,
 * alarms and incidents, or levels. The first frame after a rest is seen at once; those that follow it are one batch every 100 ms.
 */
export class LiveSituation<R extends Versioned> {
  readonly #plain: Situation<R>;
  #facts = $state(0);
  #alarms = $state(0);
  #levels = $state(0);
  #changed = { facts: false, alarms: false, levels: false };
  #pending = false;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #toldAt = -Infinity; // by the clock that no one sets

  constructor(kind: ReportKind<R>) {
    this.#plain = new Situation(kind);
  }

  /** Applies a frame; `now` is this machine's clock, or the time played when the past is looked at. */
  apply(frame: Frame, now = Date.now()): void {
    if (!this.#plain.apply(frame, now)) return;
    // A snapshot of another life takes the levels with it.
    const ofAlarms = frame.type === 'event' && (frame.kind === 'alarm' || frame.kind === 'incident');
    if (frame.type !== 'level' && !ofAlarms) this.#changed.facts = true;
    if (frame.type === 'snapshot' || ofAlarms || (frame.type === 'event' && frame.kind === 'gone'))
      this.#changed.alarms = true;
    if (frame.type !== 'event') this.#changed.levels = true;
    if (this.#pending) return;
    this.#pending = true;
    const rest = this.#toldAt + leastMs - performance.now();
    const tell = (): void => {
      this.tell();
    };
    if (rest > 0) this.#timer = setTimeout(tell, rest);
    else queueMicrotask(tell);
  }

  /** Shows at once what is held. Call it before the link is called live: what stands there then must be that. */
  tell(): void {
    if (!this.#pending) return;
    clearTimeout(this.#timer);
    const { facts, alarms, levels } = this.#changed;
    this.#changed = { facts: false, alarms: false, levels: false };
    this.#pending = false;
    this.#toldAt = performance.now();
    if (facts) this.#facts++;
    if (alarms) this.#alarms++;
    if (levels) this.#levels++;
  }

  /** Everything held, to be put away. */
  keep(): KeptTopic<R>[] {
    return this.#plain.keep();
  }

  /** Begins with what was put away, or with nothing. */
  recall(kept: readonly KeptTopic<R>[]): void {
    this.#plain.recall(kept);
    this.#facts++;
    this.#alarms++;
    this.#levels++;
  }

  /** Grows with every batch that changed something. */
  get revision(): number {
    return this.#facts + this.#alarms + this.#levels;
  }

  get reports(): R[] {
    return this.#facts >= 0 ? this.#plain.reports() : [];
  }

  report(id: string): R | undefined {
    return this.#facts >= 0 ? this.#plain.report(id) : undefined;
  }

  get alarms(): Alarm[] {
    return this.#alarms >= 0 ? this.#plain.alarms() : [];
  }

  alarm(id: string): Alarm | undefined {
    return this.#alarms >= 0 ? this.#plain.alarm(id) : undefined;
  }

  alarmsTruncated(priority: string): number {
    return this.#alarms >= 0 ? this.#plain.alarmsTruncated(priority) : 0;
  }

  get incidents(): Incident[] {
    return this.#alarms >= 0 ? this.#plain.incidents() : [];
  }

  screen(topic: string): ScreenState | undefined {
    return this.#facts >= 0 ? this.#plain.screen(topic) : undefined;
  }

  level(topic: string, key: string): HeldLevel | undefined {
    return this.#levels >= 0 ? this.#plain.level(topic, key) : undefined;
  }

  levels(prefix: string): HeldLevel[] {
    return this.#levels >= 0 ? this.#plain.levels(prefix) : [];
  }

  get truncated(): number {
    return this.#facts >= 0 ? this.#plain.truncated : 0;
  }
}
