// The level drill/now: the exercise that is on, for every screen.
import { asObject, asText, asTime, type JsonObject } from './json';

export interface DrillNow {
  title: string;
  until: number | null;
}

/** Null while none is on. */
export function parseDrillNow(data: JsonObject | null): DrillNow | null {
  const running = asObject(data?.['running']);
  return running === null ? null : { title: asText(running['title']), until: asTime(running['until']) };
}
