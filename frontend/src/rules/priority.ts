import type { OpsReport } from '../wire/report';
import type { State } from '../wire/report';
import { reportStates } from './scales';

/** The state of a report while it is open, the same table the server uses for walls. */
export function stateOf({ emergency, priority }: Pick<OpsReport, 'emergency' | 'priority'>): State {
  return emergency ? 'critical' : reportStates[priority];
}

const soonMs = 2 * 60 * 60_000;

export type DueState = 'none' | 'in_time' | 'soon' | 'overdue';

/** Whether the running clock has ended, will within two hours, or has time; none when no clock runs. */
export function dueState(dueAt: number | null, now: number): DueState {
  if (dueAt === null) return 'none';
  if (dueAt < now) return 'overdue';
  return dueAt - now < soonMs ? 'soon' : 'in_time';
}
