import { describe, expect, it } from 'vitest';
import { fromClock, toClock } from './zone';

describe('the clock of a zone', () => {
  it.each([
    ['Asia/Ho_Chi_Minh', '2026-11-22T14:05', '2026-11-22T07:05:00.000Z'],
    ['Asia/Ho_Chi_Minh', '2026-11-22T00:30', '2026-11-21T17:30:00.000Z'],
    ['UTC', '2026-02-28T23:59', '2026-02-28T23:59:00.000Z'],
    ['Europe/Berlin', '2026-10-25T12:00', '2026-10-25T11:00:00.000Z'],
    ['Europe/Berlin', '2026-03-29T12:00', '2026-03-29T10:00:00.000Z'],
  ])('of %s shows %s at %s', (zone, text, instant) => {
    expect(fromClock(text, zone)).toBe(Date.parse(instant));
    expect(toClock(Date.parse(instant), zone)).toBe(text);
  });

  it('is not read from what is no time', () => {
    expect(fromClock('', 'UTC')).toBeNull();
    expect(fromClock('hôm qua', 'UTC')).toBeNull();
  });
});
