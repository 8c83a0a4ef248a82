// The one table of states, shapes and words (schema/states.json), as the server reads it too: how loud a priority, a flood
// level and a level of disaster risk are drawn, and how the mark of an alarm shows who has taken it.
import { alarm_mark, alarm_priority, flood_level, report_priority, risk_level } from '../../../schema/states.json';
import type { State } from '../wire/report';

type Scale<K extends string> = Readonly<Record<K, State>>;

/** The state, and with it shape and colour, of an alarm's priority. */
export const alarmStates = alarm_priority as Scale<keyof typeof alarm_priority>;

/** That of a report's priority. */
export const reportStates = report_priority as Scale<keyof typeof report_priority>;

/** That of a flood level, báo động I to III. */
export const floodStates = flood_level as Scale<keyof typeof flood_level>;

/** That of a level of disaster risk, 1 to 5. */
export const riskStates = risk_level as Scale<keyof typeof risk_level>;

/** How the mark of an alarm is drawn by its state. */
export const alarmMarks = alarm_mark as Readonly<
  Record<keyof typeof alarm_mark, 'filled' | 'outlined' | 'dashed' | 'none'>
>;
