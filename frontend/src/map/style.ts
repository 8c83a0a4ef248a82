import type { ExpressionSpecification, StyleSpecification } from 'maplibre-gl';
import { fontFaces, mapFont } from './fonts';
import { boundsOf } from './geometry';
import type { MapShapes } from './picture';
import type { Sizes } from './sizes';
import type { MapTheme } from './theme';

const empty: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] };

type Layer = StyleSpecification['layers'][number];

/** Widths of lines in pixels at 1080 lines. */
export const lineWidths = {
  'commune-line': 0.9,
  'district-case': 4,
  'district-line': 1.4,
  'province-line': 3,
} as const;

/** The layer below which an operator's base map is put: above the ground, below everything of ours. */
export const firstOwnLayer = 'communes';

/** The icon of the understudy: a pixel of nothing. */
export const unseenIcon = 'unseen';
const unseenText = '\u200b'; // the font has it, and it has no ink

/**
 * A mark that nobody sees, in the place of all others until the first are there. Drawing it has the graphics compile
 * what marks are drawn with while the page begins, and not when the first alarm comes: the page has to wait for that.
 */
function understudy(shapes: MapShapes): GeoJSON.FeatureCollection {
  const box = shapes.province === null ? null : boundsOf(shapes.province.features);
  if (box === null) return empty;
  const coordinates = [(box.west + box.east) / 2, (box.south + box.north) / 2];
  const properties = { id: unseenIcon, icon: unseenIcon, order: 0, count: unseenText, side: 1 };
  return {
    type: 'FeatureCollection',
    features: [{ type: 'Feature', id: unseenIcon, properties, geometry: { type: 'Point', coordinates } }],
  };
}

/** The style of the map: our own shapes and marks, nothing from anywhere else. */
export function styleOf(shapes: MapShapes, theme: MapTheme, sizes: Sizes): StyleSpecification {
  const line = (id: keyof typeof lineWidths, source: string, color: string): Layer => ({
    id,
    type: 'line',
    source,
    layout: { 'line-join': 'round' },
    paint: { 'line-color': color, 'line-width': lineWidths[id] * sizes.scale },
  });
  return {
    version: 8,
    'font-faces': fontFaces,
    sources: {
      communes: { type: 'geojson', data: shapes.communes?.features ?? empty, promoteId: 'code' },
      districts: { type: 'geojson', data: shapes.districts?.features ?? empty },
      province: { type: 'geojson', data: shapes.province?.features ?? empty },
      marks: { type: 'geojson', data: understudy(shapes), promoteId: 'id' },
    },
    layers: [
      { id: 'ground', type: 'background', paint: { 'background-color': theme.ground } },
      { id: firstOwnLayer, type: 'fill', source: 'communes', paint: { 'fill-color': stepColour(theme) } },
      line('commune-line', 'communes', theme.ground),
      line('district-case', 'districts', theme.ground),
      line('district-line', 'districts', theme.line),
      line('province-line', 'province', theme.line),
      marksLayer(),
      countsLayer(theme, sizes),
    ],
  };
}

function stepColour(theme: MapTheme): ExpressionSpecification {
  const [none = theme.ground, one = none, two = none, three = none, four = none] = theme.steps;
  return ['match', ['coalesce', ['feature-state', 'step'], 0], 1, one, 2, two, 3, three, 4, four, none];
}

function marksLayer(): Layer {
  return {
    id: 'marks',
    type: 'symbol',
    source: 'marks',
    layout: {
      'icon-image': ['get', 'icon'],
      'icon-allow-overlap': true,
      'icon-ignore-placement': true,
      'symbol-sort-key': ['get', 'order'],
      'icon-size': 1,
    },
  };
}

/** The counts of stacks. Where two would lie over each other the worse stack's is kept: two numbers in one are none. */
function countsLayer(theme: MapTheme, sizes: Sizes): Layer {
  return {
    id: 'counts',
    type: 'symbol',
    source: 'marks',
    layout: {
      'symbol-sort-key': ['-', ['get', 'order']],
      'text-field': ['get', 'count'],
      'text-font': [mapFont],
      'text-anchor': 'left',
      ...countLayout(1, sizes),
    },
    paint: { 'text-color': theme.text, 'text-halo-color': theme.ground, 'text-halo-width': 2.5 * sizes.scale },
  };
}

/** What of the counts depends on how large the marks are drawn. A count stands just right of its icon. */
export function countLayout(
  size: number,
  { scale, countPx }: Sizes,
): { 'text-size': number; 'text-offset': ExpressionSpecification } {
  const halfIcon = (size * scale) / 2 / Math.max(1, countPx);
  const offset = (side: number): [number, number] => [side * halfIcon + 0.05, 0];
  return {
    'text-size': countPx,
    'text-offset': [
      'interpolate',
      ['linear'],
      ['get', 'side'],
      10,
      ['literal', offset(10)],
      40,
      ['literal', offset(40)],
    ],
  };
}
