// The roles a person may have, in the words of the page's language.
import { m } from '../../i18n/messages/messages.js';

const roleWords: Record<string, () => string> = {
  quan_tri: m.role_quan_tri,
  truong_ca: m.role_truong_ca,
  can_bo_truc: m.role_can_bo_truc,
  don_vi_truong: m.role_don_vi_truong,
  don_vi_can_bo: m.role_don_vi_can_bo,
  lanh_dao: m.role_lanh_dao,
  bao_ve_du_lieu: m.role_bao_ve_du_lieu,
  to_cnscd: m.role_to_cnscd,
};

/** The roles a person may be given, in the order people read them. */
export const personRoles: readonly string[] = Object.keys(roleWords);

/** A role in words; one this build does not know stands as it came. */
export function roleWord(id: string, label = id): string {
  return roleWords[id]?.() ?? label;
}

export function rolesWord(roles: readonly { id: string; label: string }[]): string {
  return roles.map(({ id, label }) => roleWord(id, label)).join(', ');
}
