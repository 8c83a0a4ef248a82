import type { Feature, FeatureCollection, Geometry as Shape, Position } from 'geojson';
import { asText } from '../wire/json';
import type { MapShapes } from './picture';

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

const codeOf = (feature: Feature): string => asText(feature.properties?.['code']);
const levels = ['province', 'districts', 'communes'] as const;

/** The shapes that must fill the picture: of one area, or of the whole when the code is empty or unknown. */
export function shapeToFit(shapes: MapShapes, area: string): FeatureCollection | null {
  const own = area === '' ? null : shapeOf(shapes, area);
  if (own !== null) return { type: 'FeatureCollection', features: [own] };
  return (shapes.province ?? shapes.districts ?? shapes.communes)?.features ?? null;
}

/** The shape of an area of any level. */
export function shapeOf(shapes: MapShapes, area: string): Feature | null {
  for (const level of levels) {
    const found = shapes[level]?.features.features.find((feature) => codeOf(feature) === area);
    if (found !== undefined) return found;
  }
  return null;
}

/** The areas to be named on a map of `area`: its children, itself when it has none, the widest level below the whole. */
export function namedAreas(shapes: MapShapes, area: string): FeatureCollection {
  const all = levels.flatMap((level) => shapes[level]?.features.features ?? []);
  const children = all.filter((feature) => area !== '' && asText(feature.properties?.['parent']) === area);
  if (children.length > 0) return { type: 'FeatureCollection', features: children };
  const own = area === '' ? null : shapeOf(shapes, area);
  if (own !== null && shapes.communes?.features.features.includes(own) === true)
    return { type: 'FeatureCollection', features: [own] };
  return (shapes.districts ?? shapes.communes)?.features ?? { type: 'FeatureCollection', features: [] };
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
