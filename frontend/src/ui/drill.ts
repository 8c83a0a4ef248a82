import type { Formats } from '../i18n/format';
import { m } from '../i18n/messages/messages.js';
import type { DrillNow } from '../wire/drill';

/** What the band says of an exercise; empty while none is on. */
export function drillWord(drill: DrillNow | null, formats: Formats): string {
  if (drill === null) return '';
  if (drill.until === null) return m.drill_on({ title: drill.title });
  return m.drill_on_until({ title: drill.title, time: formats.minute(drill.until) });
}
