// The words of the table of rights. What this build does not know stands as the server said it.
import type { Reach } from '../../api/rights';
import { m } from '../../i18n/messages/messages.js';
import { roleWord } from '../account/roles';
import { actWord } from '../words';

const actionWords: Record<string, () => string> = {
  'public.see': m.right_public_see,
  'report.send': m.right_report_send,
  'report.follow': m.right_report_follow,
  'session.open': m.right_session_open,
  'session.own': m.right_session_own,
  'report.list': m.right_report_list,
  'report.read': m.right_report_read,
  'kpi.read': m.right_kpi_read,
  'sensor.read': m.right_sensor_read,
  'past.read': m.right_past_read,
  'boundary.read': m.right_boundary_read,
  'boundary.decide': m.right_boundary_decide,
  'ticket.get': m.right_ticket_get,
  'listen.public': m.right_listen_public,
  'listen.wall': m.right_listen_wall,
  'listen.ops': m.right_listen_ops,
  'listen.unit': m.right_listen_unit,
  'listen.screen': m.right_listen_screen,
  'listen.control': m.right_listen_control,
  'screen.read': m.right_screen_read,
  'screen.report': m.right_screen_report,
  'screen.order': m.right_screen_order,
  'screen.manage': m.right_screen_manage,
  'meeting.hold': m.right_meeting_hold,
  'desk.manage': m.right_desk_manage,
  'simulation.play': m.right_simulation_play,
  'reading.send': m.right_reading_send,
  'event.send': m.right_event_send,
  'sensor.register': m.right_sensor_register,
  'history.load': m.right_history_load,
  'hub.ask': m.right_hub_ask,
  'person.list': m.right_person_list,
  'person.change': m.right_person_change,
  'unit.change': m.right_unit_change,
  'key.manage': m.right_key_manage,
  'rights.read': m.right_rights_read,
  'audit.read': m.right_audit_read,
  'contact.reveal': m.right_contact_reveal,
  'contact.callback': m.right_contact_callback,
  'contact.log': m.right_contact_log,
};

const thingWords: Record<string, () => string> = {
  ban_truc: m.role_ban_truc,
  man_hinh: m.role_man_hinh,
  'may:readings': m.role_may_readings,
  'may:sensors': m.role_may_sensors,
  'may:reports': m.role_may_reports,
  'may:screens': m.role_may_screens,
  'may:history': m.role_may_history,
  hub: m.role_hub,
  khach: m.role_khach,
};

const reachWords: Record<Reach, () => string> = {
  all: m.reach_all,
  area: m.reach_area,
  unit: m.reach_unit,
  own: m.reach_own,
  none: m.reach_none,
};

const act = 'act.';

export function actionWord({ action, label }: { action: string; label: string }): string {
  if (action.startsWith(act)) return actWord(action.slice(act.length));
  return actionWords[action]?.() ?? label;
}

/** A role of people, machines or keys. */
export function anyRoleWord({ id, label }: { id: string; label: string }): string {
  return thingWords[id]?.() ?? roleWord(id, label);
}

export function reachWord(reach: Reach): string {
  return reachWords[reach]();
}
