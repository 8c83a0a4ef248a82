// When the storm's scene is proposed. Pure: the proposal is the program's, the order a person's.
import type { Alarm, Incident } from '../wire/alarm';
import { isActive, isAnnounced } from './alarm';

export const stormScene = 'mua-bao';

/** Kinds of sensor that measure water, and the kind of incident that it makes. */
const waterKinds: ReadonlySet<string> = new Set(['river', 'inflow', 'rain', 'rain_24h']);
const waterIncident = 'flood';

/** So many alarms of water below high speak for a storm; of high ones a single one does. */
const mostMedium = 3;

/** Why the storm's scene should be on. */
export interface StormSigns {
  /** Active alarms of water of medium priority and above, as ids in order. */
  alarms: string[];
  incidents: Incident[];
}

/** Null while nothing speaks for it. */
export function stormSigns(alarms: readonly Alarm[], incidents: readonly Incident[]): StormSigns | null {
  const water = alarms.filter(
    (alarm) =>
      waterKinds.has(alarm.kind) &&
      isActive(alarm) &&
      isAnnounced(alarm) &&
      (alarm.priority === 'high' || alarm.priority === 'medium'),
  );
  const open = incidents.filter(({ state, kind }) => state === 'open' && kind === waterIncident);
  const enough = water.length >= mostMedium || water.some(({ priority }) => priority === 'high') || open.length > 0;
  return enough ? { alarms: water.map(({ id }) => id).sort(), incidents: open } : null;
}
