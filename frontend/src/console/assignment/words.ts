import type { Lost } from '../../api/assignment';
import type { Formats } from '../../i18n/format';
import { m } from '../../i18n/messages/messages.js';

const hoursWords: Record<string, () => string> = {
  '': m.hours_always,
  working: m.hours_working,
  outside: m.hours_outside,
  holiday: m.hours_holiday,
};

/** When a rule holds; hours this build does not know stand as they came. */
export function hoursWord(hours: string): string {
  return hoursWords[hours]?.() ?? hours;
}

/** Hours that were lost, each by the clock it was counted in: the two are never summed. */
export function lostWord({ working, clock }: Lost, formats: Formats): string {
  const words = [];
  if (working > 0 || clock === 0) words.push(m.lost_working({ hours: formats.tenths(working) }));
  if (clock > 0) words.push(m.lost_clock({ hours: formats.tenths(clock) }));
  return words.join(', ');
}
