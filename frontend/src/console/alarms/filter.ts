// Which alarms a list holds. Pure.
import type { Alarm } from '../../wire/alarm';

/** The lists there are; what is set aside stands in lists of its own, whose counts are always told. */
export const views = ['open', 'shelved', 'suppressed', 'out_of_service', 'stale', 'closed'] as const;
export type AlarmView = (typeof views)[number];

export interface AlarmFilter {
  view: AlarmView;
  priority: string;
  area: string;
  q: string;
}

export const everyAlarm: AlarmFilter = { view: 'open', priority: '', area: '', q: '' };

/** Letters without their marks, in small ones: who searches need not type them. */
export const fold = (text: string): string =>
  text.normalize('NFD').replace(/\p{M}/gu, '').replaceAll('đ', 'd').replaceAll('Đ', 'd').toLowerCase();

export function matches(alarm: Alarm, { view, priority, area, q }: AlarmFilter): boolean {
  if (!inView(alarm, view)) return false;
  if (priority !== '' && alarm.priority !== priority) return false;
  if (area !== '' && alarm.area !== area && !alarm.path.includes(area)) return false;
  return q === '' || fold(`${alarm.name} ${alarm.label} ${alarm.target}`).includes(fold(q.trim()));
}

function inView({ state, aside, stale, priority }: Alarm, view: AlarmView): boolean {
  if (state === 'closed' || view === 'closed') return state === 'closed' && view === 'closed';
  if (view === 'open') return aside === '' && priority !== 'journal';
  if (view === 'stale') return stale;
  return aside === view;
}

/** The question to the server that asks for the same closed alarms. */
export function asked({ priority, area, q }: AlarmFilter): Readonly<Record<string, string>> {
  return { state: 'closed', priority, area, q: q.trim() };
}
