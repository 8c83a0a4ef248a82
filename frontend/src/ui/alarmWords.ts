// An alarm in words, for wall and desk alike.
import { counting, type Formats } from '../i18n/format';
import { m } from '../i18n/messages/messages.js';
import { askedAt } from '../rules/alarm';
import type { Alarm, AlarmPriority, Callout } from '../wire/alarm';

const priorities: Readonly<Record<AlarmPriority, () => string>> = {
  high: m.alarm_priority_high,
  medium: m.alarm_priority_medium,
  low: m.alarm_priority_low,
  journal: m.alarm_priority_journal,
};

export const alarmPriorityWord = (priority: AlarmPriority): string => priorities[priority]();

/**
 * Where it is, short: of "Mực nước sông Đắk Nông – trạm Đắk Nông (mẫu)" the station. What is measured there the type says.
 */
export function spotName({ name }: Pick<Alarm, 'name'>): string {
  const bare = name.replace(/\s*\([^()]*\)\s*$/u, '');
  const spot = bare.slice(bare.lastIndexOf(' – ') + 1).replace(/^[–\s]+/u, '') || bare;
  return spot.charAt(0).toLocaleUpperCase('vi') + spot.slice(1);
}

/** The value that reached its limit, "589,61 m"; empty where there is none. */
export const amountText = ({ value, unit }: Alarm, formats: Formats): string =>
  value === null ? '' : `${formats.amount(value)} ${unit}`.trim();

/** What is wrong: the type, the value that reached it and the limit. */
export function alarmText(alarm: Alarm, formats: Formats): string {
  const { label, limit, members } = alarm;
  const amount = amountText(alarm, formats);
  if (members.length > 1) return m.alarm_members({ label, count: formats.count(members.length) });
  if (amount === '') return label;
  return limit === '' ? m.alarm_value_plain({ label, amount }) : m.alarm_value({ label, amount, limit });
}

/** The same in few words: the number and its limit, or the type where there is none. */
export function briefAlarmText(alarm: Alarm, formats: Formats): string {
  const { limit } = alarm;
  const amount = amountText(alarm, formats);
  if (amount === '' || limit === '' || alarm.members.length > 1) return alarmText(alarm, formats);
  return m.notice_sensor({ amount, limit });
}

/** Who has it: nobody for so long, or somebody since when. */
export function takenText(alarm: Alarm, now: number, formats: Formats): string {
  const { state, ackedAt, ackedBy: who } = alarm;
  if (state === 'cleared') return m.alarm_cleared_brief();
  if (ackedAt === null || state === 'unacked') return m.alarm_nobody({ clock: counting(now - askedAt(alarm)) });
  const time = formats.short(ackedAt, now);
  return who === '' ? m.alarm_taken_plain({ time }) : m.alarm_taken({ who, time });
}

const positions: Readonly<Record<string, () => string>> = {
  truong_ca: m.position_truong_ca,
  truc_ban: m.position_truc_ban,
  lanh_dao_truc: m.position_lanh_dao_truc,
  truc_don_vi: m.position_truc_don_vi,
};

/** A position of the roster; one that this build does not know stands as it came. */
export const positionWord = (position: string): string => positions[position]?.() ?? position;

/** How far calling people out has come; empty while nobody has to be called. */
export function calloutText(callout: Callout | null): string {
  if (callout === null) return '';
  const { step } = callout;
  const to = positionWord(callout.to);
  switch (callout.state) {
    case 'waiting':
      return to === '' ? '' : m.callout_waiting({ to });
    case 'calling':
      if (callout.result === 'failed') return m.callout_failed({ to });
      if (callout.result === 'delivered') return m.callout_delivered({ to, step });
      return callout.result === 'sent' ? m.callout_sent({ to, step }) : m.callout_calling({ to, step });
    case 'taken':
      return m.callout_taken({ to });
    case 'exhausted':
      // Without a channel nobody was called: nobody is on duty, or can be reached.
      return callout.channel === '' ? m.callout_nobody() : m.callout_exhausted();
    default:
      return callout.state satisfies never;
  }
}

/** That it comes and goes, or came again; empty for a first time. */
export function timesText({ count, chattering }: Alarm, formats: Formats): string {
  if (chattering) return m.alarm_chattering({ count: formats.count(count) });
  return count > 1 ? m.alarm_again({ count: formats.count(count) }) : '';
}
