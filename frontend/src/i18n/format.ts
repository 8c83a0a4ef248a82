// Numbers, times and durations as people here write them. All times are milliseconds since 1970, shown in
// one time zone whatever the machine's own is.
import { m } from './messages/messages.js';
import { getLocale } from './messages/runtime.js';

const secondMs = 1000;
const minuteMs = 60 * secondMs;
const hourMs = 60 * minuteMs;
const dayMs = 24 * hourMs;

const tags = { vi: 'vi-VN', en: 'en-GB' } as const;

export interface Formats {
  /** 1.234 */
  count(value: number): string;
  /** 96,4 */
  tenths(value: number): string;
  /** 4, 12,4 or 588,82: a measured value with the digits it has, two at most. */
  amount(value: number): string;
  /** +12, −3, ±0 */
  change(value: number): string;
  /** 14:32:08 */
  time(ms: number): string;
  /** 14:32 */
  minute(ms: number): string;
  /** 11/11/2026 */
  date(ms: number): string;
  /** 11/11/2026 14:32 */
  moment(ms: number): string;
  /** Thứ Sáu */
  weekday(ms: number): string;
  /** The hour of the day, 0 to 23. */
  hour(ms: number): number;
  /** The minute of the day, 0 to 1439. */
  minuteOfDay(ms: number): number;
  /** 14:32:08, with the date before it when that is not the day of `now`. */
  since(ms: number, now: number): string;
  /** 14:32, with the date before it when that is not the day of `now`. */
  short(ms: number, now: number): string;
}

/** Makes the formats of the page's language in a time zone (IANA name; a wrong one falls back to Hà Nội's). */
export function createFormats(timeZone: string): Formats {
  const tag = tags[getLocale()];
  const zone = knownZone(timeZone) ? timeZone : 'Asia/Ho_Chi_Minh';
  const count = new Intl.NumberFormat(tag, { maximumFractionDigits: 0 });
  const tenths = new Intl.NumberFormat(tag, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
  const amount = new Intl.NumberFormat(tag, { maximumFractionDigits: 2 });
  const at = (options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat =>
    new Intl.DateTimeFormat(tag, { timeZone: zone, hourCycle: 'h23', ...options });
  const time = at({ hour: '2-digit', minute: '2-digit', second: '2-digit' });
  const minute = at({ hour: '2-digit', minute: '2-digit' });
  const weekday = at({ weekday: 'long' });
  const hour = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hour: '2-digit', hourCycle: 'h23' });
  const clock = new Intl.DateTimeFormat('en-GB', {
    timeZone: zone,
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  });
  const day = new Intl.DateTimeFormat('en-GB', { timeZone: zone, day: '2-digit', month: '2-digit', year: 'numeric' });
  const date = (ms: number): string => day.format(ms);
  const onDay = (ms: number, now: number, today: string): string =>
    date(ms) === date(now) ? today : `${date(ms).slice(0, 5)} ${minute.format(ms)}`;
  return {
    count: (value) => count.format(value),
    tenths: (value) => tenths.format(value),
    amount: (value) => amount.format(value),
    change: (value) => (value === 0 ? '±0' : `${value > 0 ? '+' : '−'}${count.format(Math.abs(value))}`),
    time: (ms) => time.format(ms),
    minute: (ms) => minute.format(ms),
    date,
    moment: (ms) => `${date(ms)} ${minute.format(ms)}`,
    weekday: (ms) => weekday.format(ms),
    hour: (ms) => Number(hour.format(ms)),
    minuteOfDay: (ms) => {
      const [hours, minutes] = clock.format(ms).split(':');
      return Number(hours) * 60 + Number(minutes);
    },
    since: (ms, now) => onDay(ms, now, time.format(ms)),
    short: (ms, now) => onDay(ms, now, minute.format(ms)),
  };
}

function knownZone(zone: string): boolean {
  try {
    return new Intl.DateTimeFormat('vi-VN', { timeZone: zone }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** A length of time in its two largest units: "3 ngày 4 giờ", "2 giờ 10 phút", "45 giây". Never negative. */
export function duration(ms: number): string {
  const left = Math.max(0, ms);
  const days = Math.floor(left / dayMs);
  const hours = Math.floor((left % dayMs) / hourMs);
  const minutes = Math.floor((left % hourMs) / minuteMs);
  if (days > 0) return join(m.span_days({ count: days }), hours === 0 ? '' : m.span_hours({ count: hours }));
  if (hours > 0) return join(m.span_hours({ count: hours }), minutes === 0 ? '' : m.span_minutes({ count: minutes }));
  if (minutes > 0) return m.span_minutes({ count: minutes });
  return m.span_seconds({ count: Math.floor(left / secondMs) });
}

/** A length of time in its largest unit alone, for narrow places: "3 ngày", "2 giờ", "5 phút", "45 giây". */
export function span(ms: number): string {
  const left = Math.max(0, ms);
  if (left >= dayMs) return m.span_days({ count: Math.floor(left / dayMs) });
  if (left >= hourMs) return m.span_hours({ count: Math.floor(left / hourMs) });
  if (left >= minuteMs) return m.span_minutes({ count: Math.floor(left / minuteMs) });
  return m.span_seconds({ count: Math.floor(left / secondMs) });
}

/** A time that counts up: "02:14", "1:02:14" from an hour on. */
export function counting(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / secondMs));
  const two = (n: number): string => String(n).padStart(2, '0');
  const [h, min, s] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return h === 0 ? `${two(min)}:${two(s)}` : `${String(h)}:${two(min)}:${two(s)}`;
}

/** What a deadline means now: time left, or how long it has passed. */
export function untilDue(dueAt: number, now: number): string {
  return dueAt >= now ? m.due_left({ span: duration(dueAt - now) }) : m.due_over({ span: duration(now - dueAt) });
}

function join(first: string, second: string): string {
  return second === '' ? first : `${first} ${second}`;
}
