import type { FeatureCollection, Geometry as Shape, Position } from 'geojson';
import { asText } from '../wire/json';

export interface Bounds {
  west: number;
  south: number;
  east: number;
  north: number;
}

/** The lines and rings of a shape, whatever its type; points have none. */
export function lines(shape: Shape): Position[][] {
  switch (shape.type) {
    case 'LineString':
      return [shape.coordinates];
    case 'MultiLineString':
    case 'Polygon':
      return shape.coordinates;
    case 'MultiPolygon':
      return shape.coordinates.flat();
    case 'GeometryCollection':
      return shape.geometries.flatMap(lines);
    case 'Point':
    case 'MultiPoint':
      return [];
  }
}

/** The box around every shape; null when there is nothing to put a box around. */
export function boundsOf(features: FeatureCollection): Bounds | null {
  const box = { west: Infinity, south: Infinity, east: -Infinity, north: -Infinity };
  for (const feature of features.features) {
    for (const [lon = NaN, lat = NaN] of lines(feature.geometry).flat()) {
      box.west = Math.min(box.west, lon);
      box.east = Math.max(box.east, lon);
      box.south = Math.min(box.south, lat);
      box.north = Math.max(box.north, lat);
    }
  }
  return Number.isFinite(box.west + box.east + box.south + box.north) ? box : null;
}

/** An area's name and the point where it is best written. */
export interface Anchor {
  code: string;
  name: string;
  lon: number;
  lat: number;
}

/** Reads the anchors that the server computed for each area's label. */
export function anchorsOf(features: FeatureCollection): Anchor[] {
  return features.features.flatMap(({ properties }) => {
    const label: unknown = properties?.['label'];
    if (!Array.isArray(label)) return [];
    const [lon, lat] = label as unknown[];
    if (typeof lon !== 'number' || typeof lat !== 'number') return [];
    const name = asText(properties?.['name']).normalize('NFC');
    return [{ code: asText(properties?.['code']), name, lon, lat }];
  });
}
