// Alarms as the faces order and count them. Pure.
import type { Alarm, AlarmPriority } from '../wire/alarm';
import type { State } from '../wire/report';
import { alarmStates } from './scales';

/** The state, and with it shape and colour, of a priority. */
export const stateOfPriority = (priority: AlarmPriority): State => alarmStates[priority];

/** Whether its condition still holds. */
export const isActive = ({ state }: Pick<Alarm, 'state'>): boolean => state === 'unacked' || state === 'acked';

/** Whether it asks anybody for anything now: nobody set it aside, and it is no journal entry. */
export const isAnnounced = ({ priority, aside, state }: Pick<Alarm, 'priority' | 'aside' | 'state'>): boolean =>
  aside === '' && priority !== 'journal' && state !== 'closed';

/** A high alarm that nobody has taken: what is never hidden, held back or quiet. */
export const isPressing = (alarm: Pick<Alarm, 'priority' | 'aside' | 'state'>): boolean =>
  isAnnounced(alarm) && alarm.priority === 'high' && alarm.state === 'unacked';

const byPriority: Readonly<Record<AlarmPriority, number>> = { high: 0, medium: 1, low: 2, journal: 3 };
const byState: Readonly<Record<Alarm['state'], number>> = { unacked: 0, cleared: 1, acked: 2, closed: 3 };

/** When it last began to ask: readings may come late, and nobody can take what nobody knows. */
export const askedAt = ({ knownAt, againAt }: Pick<Alarm, 'knownAt' | 'againAt'>): number =>
  Math.max(knownAt, againAt ?? 0);

/** Orders alarms: by priority, what nobody took before what somebody has, then the newest first. */
export function byUrgency(a: Alarm, b: Alarm): number {
  return (
    byPriority[a.priority] - byPriority[b.priority] ||
    byState[a.state] - byState[b.state] ||
    b.raisedAt - a.raisedAt ||
    (a.id < b.id ? -1 : 1)
  );
}

/** How long an alarm pulses that nobody has taken; then it holds still. */
export const pulseMs = 30_000;
