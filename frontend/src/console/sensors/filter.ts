// Which sensors of the registry a list shows: by words without diacritics, kind, place and how they fare.
import type { Sensor } from '../../api/sensors';
import type { Places } from '../../rules/places';
import { fold } from '../entry/communes';
import { fareOf, rankOf } from './words';

/** What a list can be narrowed to. */
export const sights = ['used', 'over', 'silent', 'doubt', 'maintenance', 'unconfirmed', 'retired'] as const;
export type Sight = (typeof sights)[number];

export interface SensorFilter {
  words: string;
  kind: string;
  area: string;
  sight: Sight;
}

export const everySensor: SensorFilter = { words: '', kind: '', area: '', sight: 'used' };

const collator = new Intl.Collator('vi', { numeric: true });

/** The sensors a filter finds, those that need somebody first. */
export function found(sensors: readonly Sensor[], filter: SensorFilter, places: Places | null): Sensor[] {
  const wanted = fold(filter.words)
    .split(/\s+/)
    .filter((word) => word !== '');
  return sensors
    .filter((sensor) => {
      if (!seen(sensor, filter.sight)) return false;
      if (filter.kind !== '' && sensor.kind !== filter.kind) return false;
      if (filter.area !== '' && places !== null && !places.path(sensor.area).includes(filter.area)) return false;
      const text = fold(`${sensor.name} ${sensor.code} ${sensor.thing} ${sensor.gateway} ${sensor.areaName}`);
      return wanted.every((word) => text.includes(word));
    })
    .sort((a, b) => rankOf(a) - rankOf(b) || collator.compare(a.name, b.name) || collator.compare(a.code, b.code));
}

/** Whether a sensor is one of a sight. */
export function seen(sensor: Sensor, sight: Sight): boolean {
  const fare = fareOf(sensor);
  if (sight === 'retired') return fare === 'retired';
  if (sensor.standing !== 'active') return false;
  switch (sight) {
    case 'used':
      return true;
    case 'over':
      return fare === 'attention' || fare === 'warning' || fare === 'critical';
    case 'silent':
      return fare === 'silent' || fare === 'never';
    case 'doubt':
      return sensor.quality.length > 0;
    case 'maintenance':
      return fare === 'maintenance';
    case 'unconfirmed':
      return sensor.unconfirmed.length > 0 || sensor.levels.some(({ confirmed }) => !confirmed);
  }
}
