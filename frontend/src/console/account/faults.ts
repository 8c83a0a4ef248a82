// What went wrong on the way in, in words for people.
import { Problem } from '../../api/request';
import { m } from '../../i18n/messages/messages.js';

const reasonWords: Record<string, () => string> = {
  credentials: m.account_wrong_credentials,
  code: m.account_wrong_code,
  https: m.account_needs_https,
  busy: m.account_busy,
  too_short: m.password_too_short,
  too_long: m.password_too_long,
  common: m.password_common,
  enrolled: m.factor_enrolled,
  code_needed: m.desk_code_needed,
  pin_spent: m.desk_pin_spent,
  enrol_first: m.desk_enrol_first,
};

const awayWords: Record<string, () => string> = {
  provider: m.provider_away,
  refused: m.provider_refused,
  expired: m.provider_expired,
  unlinked: m.provider_unlinked,
};

/** Why the sign-in provider's road did not lead in. */
export function awayWord(reason: string): string {
  return (awayWords[reason] ?? reasonWords[reason] ?? m.provider_refused)();
}

/** The word for programs of what is wrong; empty when the server gave none. */
export function reasonOf(err: Problem): string {
  return err.fields[0]?.reason ?? '';
}

/** Seconds the server wants to be left alone. */
export function waitOf(err: Problem): number {
  return Math.max(1, Math.ceil(err.retryAfter));
}

/** The words of a refusal; what this build does not know stands as the server said it. */
export function faultWord(err: unknown): string {
  if (!(err instanceof Problem)) return m.account_unreachable();
  if (err.status === 429) return m.account_slowed({ count: waitOf(err) });
  return reasonWords[reasonOf(err)]?.() ?? (err.detail || err.message);
}
