// Plain sets and maps of alarms: of what they hold the book tells by itself, once a batch.
import type { Alarm } from '../../wire/alarm';

export const heldOf = (alarms: readonly Alarm[]): Map<string, Alarm> =>
  new Map(alarms.map((alarm) => [alarm.id, alarm]));

export const setOf = (ids: readonly string[]): ReadonlySet<string> => new Set(ids);
