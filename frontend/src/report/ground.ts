// The communes as a plain map: what is drawn, and which of them a point lies in.
import type { FeatureCollection, Position } from 'geojson';
import { asArray, asText } from '../wire/json';

export interface Commune {
  readonly code: string;
  readonly name: string;
  /** The name alone, without what kind of area it is. */
  readonly short: string;
  /** Where its name is written, in map units. */
  readonly label: { readonly x: number; readonly y: number };
  /** The path of its borders, in map units. */
  readonly path: string;
  readonly rings: readonly (readonly Position[])[];
}

export interface Ground {
  readonly communes: readonly Commune[];
  readonly width: number;
  readonly height: number;
  /** What must be said of where the borders are from; empty when nothing must. */
  readonly credit: string;
  toMap(lat: number, lon: number): { x: number; y: number };
  toEarth(x: number, y: number): { lat: number; lon: number };
  /** The commune around a point; undefined outside of all. */
  at(lat: number, lon: number): Commune | undefined;
}

/** The width of the whole map, in map units. */
const mapWidth = 1000;

/** Reads the answer of the geometry endpoint; null when there is nothing in it to draw. */
export function readGround(shapes: FeatureCollection, english: boolean): Ground | null {
  const read = shapes.features.flatMap((feature) => {
    const { geometry, properties } = feature;
    const rings =
      geometry.type === 'Polygon'
        ? geometry.coordinates
        : geometry.type === 'MultiPolygon'
          ? geometry.coordinates.flat()
          : [];
    const title = asText(properties?.['title']);
    const name = english ? asText(properties?.['name_en'], title) || title : title;
    const [lon = NaN, lat = NaN] = asArray(properties?.['label']).map(Number);
    const short = asText(properties?.['name'], name);
    return rings.length === 0 ? [] : [{ code: asText(properties?.['code']), name, short, rings, lat, lon }];
  });
  const points = read.flatMap(({ rings }) => rings.flat());
  if (points.length === 0) return null;
  let [west, south, east, north] = [Infinity, Infinity, -Infinity, -Infinity];
  for (const [lon = 0, lat = 0] of points) {
    west = Math.min(west, lon);
    east = Math.max(east, lon);
    south = Math.min(south, lat);
    north = Math.max(north, lat);
  }
  const scale = mapWidth / (east - west);
  // A degree of longitude is shorter than one of latitude, the farther from the equator the more.
  const stretch = scale / Math.cos((((south + north) / 2) * Math.PI) / 180);
  const toMap = (lat: number, lon: number) => ({ x: (lon - west) * scale, y: (north - lat) * stretch });
  const communes = read.map(({ lat, lon, ...named }) => ({
    ...named,
    label: toMap(lat, lon),
    path: named.rings.map((ring) => pathOf(ring, toMap)).join(''),
  }));
  return {
    communes,
    width: mapWidth,
    height: (north - south) * stretch,
    credit: asText((shapes as { credit?: unknown }).credit),
    toMap,
    toEarth: (x, y) => ({ lat: north - y / stretch, lon: west + x / scale }),
    at: (lat, lon) => communes.find(({ rings }) => isInside(rings, lat, lon)),
  };
}

function pathOf(ring: readonly Position[], toMap: Ground['toMap']): string {
  const steps = ring.map(([lon = 0, lat = 0]) => {
    const { x, y } = toMap(lat, lon);
    return `${x.toFixed(1)} ${y.toFixed(1)}`;
  });
  return `M${steps.join('L')}Z`;
}

/** Whether a ray from the point crosses the rings an odd number of times. */
function isInside(rings: readonly (readonly Position[])[], lat: number, lon: number): boolean {
  let inside = false;
  for (const ring of rings)
    for (let i = 0, j = ring.length - 1; i < ring.length; j = i++) {
      const [xi = 0, yi = 0] = ring[i] ?? [];
      const [xj = 0, yj = 0] = ring[j] ?? [];
      if (yi > lat !== yj > lat && lon < ((xj - xi) * (lat - yi)) / (yj - yi) + xi) inside = !inside;
    }
  return inside;
}
