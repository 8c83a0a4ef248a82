// Types of alarms in words.
import type { Condition, ConditionClass } from '../../api/alarmTypes';
import { duration, type Formats } from '../../i18n/format';
import { m } from '../../i18n/messages/messages.js';
import type { Desk } from '../session.svelte';

const fields: Readonly<Record<string, () => string>> = {
  label: m.type_label,
  priority: m.column_priority,
  cause: m.alarm_cause,
  consequence: m.alarm_consequence,
  response: m.alarm_response,
  response_minutes: m.type_response_minutes,
  response_time: m.type_response_minutes,
  owner: m.alarm_owner,
  call_list: m.type_call_list,
  why: m.types_why,
  condition: m.types_condition,
  'condition.state': m.type_state,
  'condition.limit': m.type_limit,
  'condition.on_delay_s': m.type_on_delay,
  'condition.off_delay_s': m.type_off_delay,
  'condition.over_s': m.type_over,
};

/** The name of a field, for what is wrong with it; one that this build does not know stands as it came. */
export const fieldWord = (field: string): string => fields[field]?.() ?? field;

export const stateOptions = [
  { value: 'attention', word: m.state_attention },
  { value: 'warning', word: m.state_warning },
  { value: 'critical', word: m.state_critical },
] as const;

const stateWords: Readonly<Record<string, () => string>> = Object.fromEntries(
  stateOptions.map(({ value, word }) => [value, word]),
);

const classes: Readonly<Record<ConditionClass, (c: Condition, formats: Formats) => string>> = {
  level: ({ state }) => m.condition_level({ state: stateWords[state]?.() ?? state }),
  limit: ({ limit, below }, formats) =>
    (below ? m.condition_below : m.condition_above)({ limit: formats.amount(limit) }),
  rate: ({ limit, below, overS }, formats) =>
    (below ? m.condition_falls : m.condition_rises)({ limit: formats.amount(limit), span: duration(overS * 1000) }),
  absence: () => m.condition_absence(),
  joint: ({ parts, overS }, formats) =>
    m.condition_joint({ count: formats.count(parts.length), span: duration(overS * 1000) }),
  report: () => m.condition_report(),
};

/** When a type holds: what is judged, of which sensors, and how long it must last. */
export function conditionText(condition: Condition, desk: Desk | null, formats: Formats): string {
  const { kinds, sensors, area, onDelayS } = condition;
  const of = sensors.length > 0 ? sensors : kinds;
  return [
    classes[condition.class](condition, formats),
    of.length === 0 ? '' : of.join(', '),
    area === '' ? '' : (desk?.places.named(area) ?? area),
    onDelayS > 0 ? m.condition_for({ span: duration(onDelayS * 1000) }) : '',
  ]
    .filter((text) => text !== '')
    .join(' · ');
}
