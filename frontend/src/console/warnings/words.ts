// The words of the protocol in words for people; what this build does not know stands as it came.
import type { Stage } from '../../api/warnings';
import { m } from '../../i18n/messages/messages.js';

type Book = Readonly<Record<string, () => string>>;

export const severities: Book = {
  Extreme: m.cap_severity_extreme,
  Severe: m.cap_severity_severe,
  Moderate: m.cap_severity_moderate,
  Minor: m.cap_severity_minor,
  Unknown: m.cap_unknown,
};

export const urgencies: Book = {
  Immediate: m.cap_urgency_immediate,
  Expected: m.cap_urgency_expected,
  Future: m.cap_urgency_future,
  Past: m.cap_urgency_past,
  Unknown: m.cap_unknown,
};

export const certainties: Book = {
  Observed: m.cap_certainty_observed,
  Likely: m.cap_certainty_likely,
  Possible: m.cap_certainty_possible,
  Unlikely: m.cap_certainty_unlikely,
  Unknown: m.cap_unknown,
};

export const statuses: Book = {
  Actual: m.cap_status_actual,
  Exercise: m.cap_status_exercise,
  Test: m.cap_status_test,
};

export const stages: Record<Stage, () => string> = {
  draft: m.warning_stage_draft,
  waiting: m.warning_stage_waiting,
  approved: m.warning_stage_approved,
  published: m.warning_stage_published,
  dropped: m.warning_stage_dropped,
};

const acts: Book = {
  create: m.warning_did_create,
  update: m.warning_did_update,
  cancel: m.warning_did_cancel,
  edit: m.warning_did_edit,
  send: m.warning_did_send,
  recall: m.warning_did_recall,
  approve: m.warning_did_approve,
  reject: m.warning_did_reject,
  publish: m.warning_did_publish,
  drop: m.warning_did_drop,
};

export const actWord = (act: string): string => acts[act]?.() ?? act;
export const wordOf = (book: Book, word: string): string => book[word]?.() ?? word;
