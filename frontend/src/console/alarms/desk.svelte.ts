import { SvelteMap } from 'svelte/reactivity';
import { actOnAlarm } from '../../api/alarms';
import type { Alarm } from '../../wire/alarm';
import { Horn, type Tone } from './horn';
import { News, silenceMs, turningFor } from './sounding';

/**
 * Whether this desk can be heard: `off` until a person has had it sound and says that they heard it, which every page that is
 * loaded asks for anew; `asking` while it waits for that word.
 */
export type Hearing = 'off' | 'asking' | 'on';

const mostSilenced = 40;

/** The sound of one desk: what it should play now, whether it can, and quiet for a while. Silence is not acknowledgement. */
export class DeskSound {
  hearing = $state<Hearing>('off');
  /** The browser has no sound, or it was not heard. */
  trouble = $state<'' | 'refused' | 'unheard'>('');
  /** What was silenced here, until when; the server's word comes a moment later. */
  readonly #quiet = new SvelteMap<string, number>();
  readonly #news = new News();
  readonly #horn: Horn;

  constructor(horn?: Horn) {
    this.#horn =
      horn ??
      new Horn(() => {
        this.#look();
      });
  }

  stop(): void {
    this.#horn.close();
  }

  /** Sounds each tone once, so that a person can say whether it is heard. */
  async test(): Promise<void> {
    this.trouble = '';
    if (!(await this.#horn.allow())) {
      this.hearing = 'off';
      this.trouble = 'refused';
      return;
    }
    this.#horn.play('high');
    this.hearing = 'asking';
  }

  confirm(heard: boolean): void {
    this.hearing = heard ? 'on' : 'off';
    this.trouble = heard ? '' : 'unheard';
  }

  /** The alarms for which the horn should turn now. */
  turningFor(alarms: readonly Alarm[], now: number): Alarm[] {
    return turningFor(alarms, this.#quiet, now);
  }

  /** Brings what is played to what should be; `loud` are the alarms of turningFor. */
  bring(alarms: readonly Alarm[], loud: readonly Alarm[], now: number): void {
    const tone: Tone | null = this.#news.of(alarms, now);
    this.#horn.turn(loud.length > 0);
    if (tone !== null && tone !== 'high') this.#horn.play(tone);
  }

  /** Is quiet about these for as long as their priority allows. What comes after them sounds. */
  silence(alarms: readonly Alarm[], now: number): void {
    for (const [id, until] of this.#quiet) if (until <= now) this.#quiet.delete(id);
    for (const alarm of alarms) {
      if (alarm.priority === 'journal') continue;
      this.#quiet.set(alarm.id, now + silenceMs[alarm.priority]);
    }
    // The other desks hear it from the server; this one does not wait for it, nor fail with it.
    for (const alarm of alarms.slice(0, mostSilenced)) void actOnAlarm(alarm, 'silence').catch(() => undefined);
  }

  #look(): void {
    if (this.#horn.allowed) return;
    this.#horn.turn(false);
    this.hearing = 'off';
  }
}
