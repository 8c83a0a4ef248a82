// Alarms at the desk in words.
import type { Formats } from '../../i18n/format';
import { m } from '../../i18n/messages/messages.js';
import type { Alarm, Aside } from '../../wire/alarm';
import type { AlarmView } from './filter';

const asides: Readonly<Record<Exclude<Aside, ''>, () => string>> = {
  shelved: m.alarm_aside_shelved,
  suppressed: m.alarm_aside_suppressed,
  out_of_service: m.alarm_aside_out_of_service,
};

export const asideWord = (aside: Aside): string => (aside === '' ? '' : asides[aside]());

/** Why it is kept aside and until when; that it is silenced for a while; empty for neither. */
export function asideText({ aside, until, silencedUntil }: Alarm, now: number, formats: Formats): string {
  if (aside !== '')
    return until === null
      ? asideWord(aside)
      : m.alarm_aside_until({ word: asideWord(aside), time: formats.short(until, now) });
  return silencedUntil !== null && silencedUntil > now ? m.alarm_silenced({ time: formats.time(silencedUntil) }) : '';
}

const acts: Readonly<Record<string, () => string>> = {
  raise: m.alarm_act_raise,
  again: m.alarm_act_again,
  worse: m.alarm_act_worse,
  return: m.alarm_act_return,
  chatter: m.alarm_act_chatter,
  ack: m.alarm_act_ack,
  silence: m.alarm_act_silence,
  unsilence: m.alarm_act_unsilence,
  shelve: m.alarm_act_shelve,
  unshelve: m.alarm_act_unshelve,
  suppress: m.alarm_act_suppress,
  unsuppress: m.alarm_act_unsuppress,
  out_of_service: m.alarm_act_out_of_service,
  in_service: m.alarm_act_in_service,
  comment: m.alarm_act_comment,
  close_stale: m.alarm_act_close_stale,
  close: m.alarm_act_close,
};

/** The name of an act; what this build does not know stands as the server said it. */
export const alarmActWord = (act: string): string => acts[act]?.() ?? act;

const views: Readonly<Record<AlarmView, () => string>> = {
  open: m.alarms_view_open,
  shelved: m.alarm_aside_shelved,
  suppressed: m.alarm_aside_suppressed,
  out_of_service: m.alarm_aside_out_of_service,
  stale: m.alarms_view_stale,
  closed: m.alarm_state_closed,
};

export const viewWord = (view: AlarmView): string => views[view]();

const channels: Readonly<Record<string, () => string>> = {
  push: m.channel_push,
  mail: m.channel_mail,
  sms: m.channel_sms,
};
const results: Readonly<Record<string, () => string>> = {
  sent: m.result_sent,
  delivered: m.result_delivered,
  failed: m.result_failed,
};

export const channelWord = (channel: string): string => channels[channel]?.() ?? channel;
export const resultWord = (result: string): string => results[result]?.() ?? result;
