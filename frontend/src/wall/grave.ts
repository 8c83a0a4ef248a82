// Whether what a wall shows is so grave that nothing planned may touch it. Pure.
import { isActive, isAnnounced } from '../rules/alarm';
import { rank } from '../rules/state';
import type { Alarm, Incident } from '../wire/alarm';
import type { SensorLevel } from '../wire/level';
import type { WallReport } from '../wire/report';
import { sensorState } from './picture';

const stormScene = 'mua-bao';

/** What a wall shows that may be grave. */
export interface Shown {
  reports: readonly WallReport[];
  sensors: readonly SensorLevel[];
  alarms: readonly Alarm[];
  incidents: readonly Incident[];
}

/**
 * A high alarm is active, an incident is open, a report of high priority or an emergency is open, a sensor stands beyond a
 * threshold of warning or alarm, or the scene of the storm is on. `now` is the server's time.
 */
export function isGrave(
  { reports, sensors, alarms, incidents }: Shown,
  { now, scene }: { now: number; scene: string },
): boolean {
  if (scene === stormScene || incidents.some(({ state }) => state === 'open')) return true;
  if (alarms.some((alarm) => alarm.priority === 'high' && isActive(alarm) && isAnnounced(alarm))) return true;
  const least = rank('warning');
  return (
    reports.some(({ open, state }) => open && rank(state) >= least) ||
    sensors.some((sensor) => rank(sensorState(sensor, now)) >= least)
  );
}
