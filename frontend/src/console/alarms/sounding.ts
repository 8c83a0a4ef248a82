// What a desk should sound of now. Pure.
import { askedAt, isAnnounced } from '../../rules/alarm';
import type { Alarm } from '../../wire/alarm';
import type { Tone } from './horn';

/** What the server too keeps for a silence: so long after somebody asked for quiet the horn begins again. */
export const silenceMs: Readonly<Record<Tone, number>> = { high: 30_000, medium: 120_000, low: 120_000 };

/** An alarm that is older than this when a page first hears of it is no news any more, and only a high one sounds. */
const newsMs = 60_000;

const tones: readonly Tone[] = ['low', 'medium', 'high'];

/** Until when an alarm was asked to be quiet, here by a press that the server has not told of yet, or there. */
const quietUntil = (alarm: Alarm, here: ReadonlyMap<string, number>): number =>
  Math.max(alarm.silencedUntil ?? 0, here.get(alarm.id) ?? 0);

/** The high alarms that nobody has taken or silenced: the horn turns until there is none. */
export function turningFor(alarms: readonly Alarm[], here: ReadonlyMap<string, number>, now: number): Alarm[] {
  return alarms.filter(
    (alarm) =>
      alarm.priority === 'high' && alarm.state === 'unacked' && isAnnounced(alarm) && quietUntil(alarm, here) <= now,
  );
}

/** Says of each batch which tone its news wants once: the loudest; an alarm counts once for each time that it asks. */
export class News {
  readonly #told = new Map<string, number>();

  of(alarms: readonly Alarm[], now: number): Tone | null {
    let loudest = -1;
    const there = new Set<string>();
    for (const alarm of alarms) {
      there.add(alarm.id);
      const asked = askedAt(alarm);
      if ((this.#told.get(alarm.id) ?? -Infinity) >= asked) continue;
      this.#told.set(alarm.id, asked);
      if (alarm.state !== 'unacked' || !isAnnounced(alarm) || now - asked > newsMs) continue;
      loudest = Math.max(loudest, tones.indexOf(alarm.priority as Tone));
    }
    for (const id of this.#told.keys()) if (!there.has(id)) this.#told.delete(id);
    return tones[loudest] ?? null;
  }
}
