// The words of statuses, acts, priorities and sources.
import { m } from '../i18n/messages/messages.js';
import { statuses, type Priority, type Status } from '../wire/report';

const statusWords: Record<Status, () => string> = {
  moi: m.status_moi,
  can_bo_sung: m.status_can_bo_sung,
  khong_tiep_nhan: m.status_khong_tiep_nhan,
  trung_lap: m.status_trung_lap,
  da_tiep_nhan: m.status_da_tiep_nhan,
  da_phan_cong: m.status_da_phan_cong,
  tra_lai: m.status_tra_lai,
  dang_xu_ly: m.status_dang_xu_ly,
  xin_gia_han: m.status_xin_gia_han,
  da_xu_ly: m.status_da_xu_ly,
  cong_khai: m.status_cong_khai,
  mo_lai: m.status_mo_lai,
  hoan_thanh: m.status_hoan_thanh,
};

const priorityWords: Record<Priority, () => string> = {
  khan_cap: m.priority_khan_cap,
  cao: m.priority_cao,
  binh_thuong: m.priority_binh_thuong,
  thap: m.priority_thap,
};

const actWords: Record<string, () => string> = {
  receive: m.act_receive,
  accept: m.act_accept,
  refuse: m.act_refuse,
  merge: m.act_merge,
  ask: m.act_ask,
  supplement: m.act_supplement,
  assign: m.act_assign,
  return: m.act_return,
  start: m.act_start,
  request_extension: m.act_request_extension,
  approve_extension: m.act_approve_extension,
  deny_extension: m.act_deny_extension,
  resolve: m.act_resolve,
  publish: m.act_publish,
  reopen: m.act_reopen,
  complete: m.act_complete,
  rate: m.act_rate,
  withdraw: m.act_withdraw,
  confirm_place: m.act_confirm_place,
  escalate: m.act_escalate,
  ask_visit: m.act_ask_visit,
  arrive_visit: m.act_arrive_visit,
  finish_visit: m.act_finish_visit,
  inform: m.act_inform,
  add_photo: m.act_add_photo,
  redact_photo: m.act_redact_photo,
};

const sourceWords: Record<string, () => string> = {
  form: m.source_form,
  api: m.source_api,
  open311: m.source_open311,
  staff: m.source_staff,
  phone: m.source_phone,
  zalo: m.source_zalo,
  paper: m.source_paper,
  counter: m.source_counter,
  simulator: m.source_simulator,
  replay: m.source_replay,
  history: m.source_history,
};

const actorWords: Record<string, () => string> = {
  citizen: m.actor_citizen,
  operator: m.actor_operator,
  supervisor: m.actor_supervisor,
  unit: m.actor_unit,
};

const levelWords: Record<string, () => string> = {
  xa: m.level_xa,
  huyen: m.level_huyen,
  tinh: m.level_tinh,
  trung_uong: m.level_trung_uong,
};

const solvedWords: Record<string, () => string> = {
  yes: m.solved_yes,
  partly: m.solved_partly,
  no: m.solved_no,
};

const mannerWords: Record<string, () => string> = {
  hai_long: m.manner_hai_long,
  chap_nhan: m.manner_chap_nhan,
  khong_hai_long: m.manner_khong_hai_long,
};

export const priorities = Object.keys(priorityWords) as readonly Priority[];
export const sources: readonly string[] = Object.keys(sourceWords);

/** Who did an act: a name that is known, a role, or the key of a system; what else came stands as it came. */
export function actorWord(actor: string, names?: ReadonlyMap<string, string>): string {
  const name = names?.get(actor);
  if (name !== undefined) return name;
  if (actor.startsWith('person:')) return m.actor_person();
  if (actor.startsWith('key:')) return m.actor_key({ key: actor.slice('key:'.length) });
  return actorWords[actor]?.() ?? actor;
}

/** A status in words; one this build does not know stands as it came. */
export function statusWord(status: string): string {
  return isStatus(status) ? statusWords[status]() : status;
}

export function priorityWord(priority: Priority): string {
  return priorityWords[priority]();
}

export function actWord(act: string): string {
  return actWords[act]?.() ?? act;
}

export function sourceWord(source: string): string {
  return sourceWords[source]?.() ?? source;
}

/** The level of government that answers for a report. */
export function levelWord(level: string): string {
  return levelWords[level]?.() ?? level;
}

/** What the sender thinks: whether it is solved and how they were treated are two questions. */
export function ratingWord(solved: string, manner: string): string {
  return m.rating_both({
    solved: solvedWords[solved]?.() ?? solved,
    manner: mannerWords[manner]?.() ?? manner,
  });
}

function isStatus(value: string): value is Status {
  return (statuses as readonly string[]).includes(value);
}
