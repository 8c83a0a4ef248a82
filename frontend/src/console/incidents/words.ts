import type { IncidentRow, LogLine, Task } from '../../api/incidents';
import { span } from '../../i18n/format';
import { m } from '../../i18n/messages/messages.js';
import type { Shown } from '../../rules/state';

const taskStates = {
  given: m.incident_task_given,
  acked: m.incident_task_acked,
  done: m.incident_task_done,
  cancelled: m.incident_task_cancelled,
} satisfies Record<Task['state'], () => string>;

export const taskWord = ({ state }: Pick<Task, 'state'>): string => taskStates[state]();

export const isRunning = ({ state }: Pick<Task, 'state'>): boolean => state === 'given' || state === 'acked';

/** How loudly a task is drawn: what is late, or what nobody has said yet that they saw. */
export function taskState(task: Pick<Task, 'state' | 'due'>, now: number): Shown {
  if (!isRunning(task)) return 'normal';
  if (task.due !== null && task.due < now) return 'critical';
  return task.state === 'given' ? 'attention' : 'normal';
}

/** What the clock of a task says: how long it waits, how long it has, or by how much it is late. */
export function taskClock(task: Pick<Task, 'state' | 'due' | 'givenAt'>, now: number): string {
  if (!isRunning(task)) return '';
  if (task.due !== null) {
    return task.due < now
      ? m.incident_task_late({ span: span(now - task.due) })
      : m.incident_task_left({ span: span(task.due - now) });
  }
  return task.givenAt === null ? '' : m.incident_task_since({ span: span(now - task.givenAt) });
}

/** What an incident holds, in a line. */
export function heldWord({ alarms, reports, tasksOpen, tasksDone }: IncidentRow): string {
  const parts = [m.incident_holds({ alarms, reports })];
  if (tasksOpen + tasksDone > 0) parts.push(m.incident_tasks_count({ open: tasksOpen, done: tasksDone }));
  return parts.join(' · ');
}

/** What an entry of the log names beside its words. */
export function detailWord(line: LogLine, unitName: (code: string) => string): string {
  if (line.told !== null) return m.incident_told({ reports: line.told.reports, mails: line.told.mails });
  if (line.attachment !== '') return line.attachment;
  if (line.person !== '') return line.person;
  if (line.unit !== '') return unitName(line.unit);
  return line.things > 0 ? m.incident_things({ count: line.things }) : '';
}

/** Which of two lists says something that the other does not: whoever looks on must fetch anew. */
export const versionsOf = (list: readonly { id: string; version: number }[]): string =>
  list
    .map(({ id, version }) => `${id}:${String(version)}`)
    .sort()
    .join(' ');
