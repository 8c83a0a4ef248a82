import { fetchGeometry } from '../../api/screen';
import type { MapShapes } from '../../map/picture';

const grounds = new Map<string, Promise<MapShapes>>();

/** The shapes of a division, asked for once; anew after it failed. */
export function groundOf(division: string): Promise<MapShapes> {
  const known = grounds.get(division);
  if (known !== undefined) return known;
  const coming = Promise.all([
    fetchGeometry(division, 'commune', 'console'),
    fetchGeometry(division, 'district', 'console'),
    fetchGeometry(division, 'province', 'console'),
  ]).then(([communes, districts, province]) => ({ communes, districts, province }));
  coming.catch(() => grounds.delete(division));
  grounds.set(division, coming);
  return coming;
}
