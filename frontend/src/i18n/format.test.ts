import { afterEach, describe, expect, it } from 'vitest';
import { createFormats, duration, span, untilDue } from './format';
import { overwriteGetLocale } from './messages/runtime.js';

const hour = 3_600_000;
const at = Date.UTC(2026, 10, 23, 18, 5, 9); // 01:05:09 on the 24th in Hà Nội

afterEach(() => {
  overwriteGetLocale(() => 'vi');
});

describe('formats', () => {
  const f = createFormats('Asia/Ho_Chi_Minh');

  it('write numbers as people here do', () => {
    expect(f.count(1_234_567)).toBe('1.234.567');
    expect(f.tenths(96.44)).toBe('96,4');
    expect([12, -3, 0].map((n) => f.change(n))).toEqual(['+12', '−3', '±0']);
  });

  it('write times in the zone of the place, whatever the machine has', () => {
    expect(f.time(at)).toBe('01:05:09');
    expect(f.date(at)).toBe('24/11/2026');
    expect(f.moment(at)).toBe('24/11/2026 01:05');
    expect(f.weekday(at)).toBe('Thứ Ba');
    expect(f.hour(at)).toBe(1);
  });

  it('write midnight as 00, never 24', () => {
    expect(f.time(Date.UTC(2026, 10, 23, 17))).toBe('00:00:00');
  });

  it('name the day only when it is another', () => {
    expect(f.since(at, at + hour)).toBe('01:05:09');
    expect(f.since(at, at - 2 * hour)).toBe('24/11 01:05');
    expect(f.short(at, at)).toBe('01:05');
  });

  it('fall back to the zone of Hà Nội when theirs is unknown', () => {
    expect(createFormats('Nowhere/Land').time(at)).toBe('01:05:09');
  });

  it('write English when the page is English', () => {
    overwriteGetLocale(() => 'en');
    expect(createFormats('Asia/Ho_Chi_Minh').count(1234)).toBe('1,234');
    expect(duration(26 * hour)).toBe('1 d 2 h');
  });
});

describe('a length of time', () => {
  it.each([
    [0, '0 giây', '0 giây'],
    [-5, '0 giây', '0 giây'],
    [59_999, '59 giây', '59 giây'],
    [60_000, '1 phút', '1 phút'],
    [hour, '1 giờ', '1 giờ'],
    [3 * hour + 20 * 60_000, '3 giờ 20 phút', '3 giờ'],
    [24 * hour, '1 ngày', '1 ngày'],
    [52.5 * hour, '2 ngày 4 giờ', '2 ngày'],
  ])('of %i ms reads in full and in short', (ms, full, short) => {
    expect(duration(ms)).toBe(full);
    expect(span(ms)).toBe(short);
  });

  it('says what a deadline means', () => {
    expect(untilDue(at + 2 * hour, at)).toBe('còn 2 giờ');
    expect(untilDue(at - 2 * hour, at)).toBe('quá hạn 2 giờ');
  });
});
