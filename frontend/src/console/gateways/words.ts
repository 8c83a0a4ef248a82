import { m } from '../../i18n/messages/messages.js';

const states: Record<string, () => string> = {
  ok: m.gateways_state_ok,
  silent: m.gateways_state_silent,
  garbage: m.gateways_state_garbage,
  flooding: m.gateways_state_flooding,
  replaying: m.gateways_state_replaying,
};

const kinds: Record<string, () => string> = {
  lorawan: m.gateways_kind_lorawan,
  mqtt: m.gateways_kind_mqtt,
  logger: m.gateways_kind_logger,
  system: m.gateways_kind_system,
};

const reasons: Record<string, () => string> = {
  unknown_sensor: m.gateways_reason_unknown_sensor,
  bad_value: m.gateways_reason_bad_value,
  out_of_range: m.gateways_reason_out_of_range,
  future: m.gateways_reason_future,
  too_old: m.gateways_reason_too_old,
  duplicate: m.gateways_reason_duplicate,
  malformed: m.gateways_reason_malformed,
  out_of_scope: m.gateways_reason_out_of_scope,
  not_approved: m.gateways_reason_not_approved,
  unknown_thing: m.gateways_reason_unknown_thing,
  unknown_field: m.gateways_reason_unknown_field,
  not_decoded: m.gateways_reason_not_decoded,
  limited: m.gateways_reason_limited,
};

export const gatewayKinds = Object.keys(kinds);

export function stateWord(state: string): string {
  return states[state]?.() ?? state;
}

export function kindWord(kind: string): string {
  return kinds[kind]?.() ?? kind;
}

export function reasonWord(reason: string): string {
  return reasons[reason]?.() ?? reason;
}
