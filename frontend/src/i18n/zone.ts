// Between an instant and what a clock and a calendar on the wall of a time zone show, as an input of type
// datetime-local writes it: 2026-11-22T14:05.

function shown(ms: number, zone: string): string {
  const parts = new Intl.DateTimeFormat('en-CA', {
    timeZone: zone,
    hourCycle: 'h23',
    year: 'numeric',
    month: '2-digit',
    day: '2-digit',
    hour: '2-digit',
    minute: '2-digit',
  }).formatToParts(ms);
  const part = (type: Intl.DateTimeFormatPartTypes): string => parts.find((p) => p.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')}T${part('hour')}:${part('minute')}`;
}

/** What the clock of the zone shows at an instant, to the minute. */
export const toClock = shown;

/** The instant at which the clock of the zone shows this; null when the text is no such time. */
export function fromClock(text: string, zone: string): number | null {
  const guess = Date.parse(`${text}Z`);
  if (Number.isNaN(guess)) return null;
  const ahead = Date.parse(`${shown(guess, zone)}Z`) - guess;
  const first = guess - ahead;
  // Near a change of the zone's offset the first guess may stand on its other side.
  return guess - (Date.parse(`${shown(first, zone)}Z`) - first);
}
