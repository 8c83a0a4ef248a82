// Areas as they lie on the picture, to tell over which of them a name would stand.
import type { FeatureCollection } from 'geojson';
import { asText } from '../wire/json';
import type { Box } from './boxes';
import { lines } from './geometry';
import type { Spot } from './picture';
import type { Project } from './stacks';

/** The rings of an area in pixels, with the box around them. */
export interface Region {
  code: string;
  rings: readonly (readonly Spot[])[];
  box: Box;
}

export function regionsOf(features: FeatureCollection, project: Project): Region[] {
  return features.features.map((feature): Region => {
    const rings = lines(feature.geometry).map((ring) => ring.map(([lon = 0, lat = 0]) => project(lon, lat)));
    const box = { left: Infinity, top: Infinity, right: -Infinity, bottom: -Infinity };
    for (const { x, y } of rings.flat()) {
      box.left = Math.min(box.left, x);
      box.right = Math.max(box.right, x);
      box.top = Math.min(box.top, y);
      box.bottom = Math.max(box.bottom, y);
    }
    return { code: asText(feature.properties?.['code']), rings, box };
  });
}

/** Whether a point lies in the region, holes left out (even-odd rule). */
export function inside({ rings, box }: Region, { x, y }: Spot): boolean {
  if (x < box.left || x > box.right || y < box.top || y > box.bottom) return false;
  let within = false;
  for (const ring of rings) {
    let last = ring.at(-1);
    for (const point of ring) {
      if (last !== undefined && point.y > y !== last.y > y) {
        const crossing = point.x + ((y - point.y) / (last.y - point.y)) * (last.x - point.x);
        if (x < crossing) within = !within;
      }
      last = point;
    }
  }
  return within;
}
