// What positions, channels and results are called.
import type { Call } from '../../api/duty';
import { m } from '../../i18n/messages/messages.js';

const positionWords: Record<string, () => string> = {
  truong_ca: m.duty_truong_ca,
  truc_ban: m.duty_truc_ban,
  lanh_dao_truc: m.duty_lanh_dao_truc,
  truc_don_vi: m.duty_truc_don_vi,
};

const channelWords: Record<string, () => string> = {
  push: m.duty_push,
  sms: m.duty_sms,
  mail: m.duty_mail,
};

const resultWords: Record<string, () => string> = {
  due: m.duty_result_due,
  sent: m.duty_result_sent,
  delivered: m.duty_result_delivered,
  failed: m.duty_result_failed,
};

const reasonWords: Record<string, () => string> = {
  vacant: m.duty_nobody,
  no_channel: m.duty_reason_no_channel,
  gone: m.duty_reason_gone,
  timeout: m.duty_reason_timeout,
  connection: m.duty_reason_connection,
  interrupted: m.duty_reason_interrupted,
};

export function positionWord(position: string): string {
  return positionWords[position]?.() ?? position;
}

export function channelWord(channel: string): string {
  return channelWords[channel]?.() ?? channel;
}

/** The channels by which somebody can be reached, in words. */
export function channelsWord(channels: readonly string[]): string {
  return channels.length === 0 ? m.duty_no_channel() : channels.map(channelWord).join(', ');
}

export function resultWord({ result, reason, answeredAt }: Call): string {
  if (answeredAt !== null) return m.duty_answered();
  const word = resultWords[result]?.() ?? result;
  return reason === '' ? word : `${word}: ${reasonWords[reason]?.() ?? reason}`;
}

/** When what is known last of a call happened. */
export function lastOf({ answeredAt, deliveredAt, failedAt, sentAt, at }: Call): number | null {
  return answeredAt ?? deliveredAt ?? failedAt ?? sentAt ?? at;
}
