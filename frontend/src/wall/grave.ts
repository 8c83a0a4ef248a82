// Whether what a wall shows is so grave that nothing planned may touch it. Pure.
import { rank } from '../rules/state';
import type { SensorLevel } from '../wire/level';
import type { WallReport } from '../wire/report';
import { sensorState } from './picture';

const stormScene = 'mua-bao';

/**
 * A report of high priority or an emergency is open, a sensor stands beyond a threshold of warning or alarm, or the
 * scene of the storm is on. `now` is the server's time.
 */
export function isGrave(
  reports: readonly WallReport[],
  sensors: readonly SensorLevel[],
  { now, scene }: { now: number; scene: string },
): boolean {
  if (scene === stormScene) return true;
  const least = rank('warning');
  return (
    reports.some(({ open, state }) => open && rank(state) >= least) ||
    sensors.some((sensor) => rank(sensorState(sensor, now)) >= least)
  );
}
