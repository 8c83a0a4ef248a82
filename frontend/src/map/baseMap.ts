import { addProtocol, type LayerSpecification, type SourceSpecification } from 'maplibre-gl';
import { PMTiles, Protocol, TileType } from 'pmtiles';
import { mapFont } from './fonts';
import type { Sizes } from './sizes';
import type { MapTheme } from './theme';

/** An operator's base map as the style takes it. */
export interface BaseMap {
  source: SourceSpecification;
  layers: LayerSpecification[];
}

let protocol: Protocol | null = null;

/** Reads what a PMTiles file holds and how to draw it quietly; null when it cannot be read. */
export async function baseOf(url: string, theme: MapTheme, sizes: Sizes): Promise<BaseMap | null> {
  const absolute = new URL(url, window.location.href).href;
  if (protocol === null) {
    protocol = new Protocol();
    addProtocol('pmtiles', protocol.tile);
  }
  const file = new PMTiles(absolute);
  try {
    const [header, metadata] = await Promise.all([file.getHeader(), file.getMetadata()]);
    protocol.add(file);
    const vector = header.tileType === TileType.Mvt;
    const source: SourceSpecification = vector
      ? { type: 'vector', url: `pmtiles://${absolute}` }
      : { type: 'raster', url: `pmtiles://${absolute}`, tileSize: 256 };
    return { source, layers: vector ? quietLayers(layerIds(metadata), theme, sizes) : [rasterLayer] };
  } catch {
    return null; // the map stands without it
  }
}

const rasterLayer: LayerSpecification = {
  id: 'base',
  type: 'raster',
  source: 'base',
  paint: { 'raster-saturation': -1, 'raster-opacity': 0.6 },
};

/** The names of a file's layers, from its TileJSON metadata. */
export function layerIds(metadata: unknown): string[] {
  const list = (metadata as { vector_layers?: unknown } | null)?.vector_layers;
  if (!Array.isArray(list)) return [];
  return list.flatMap((layer: unknown) => {
    const id = (layer as { id?: unknown } | null)?.id;
    return typeof id === 'string' ? [id] : [];
  });
}

const areas = ['water', 'ocean', 'waterway_area'];
const paths = ['roads', 'transportation', 'road', 'waterway', 'waterways', 'rivers'];
const places = ['places', 'place'];

/** Water, roads and places in the greys of the map, of whichever of the usual schemas a file follows. */
export function quietLayers(ids: readonly string[], theme: MapTheme, { scale, textPx }: Sizes): LayerSpecification[] {
  const of = (names: readonly string[]): string[] => ids.filter((id) => names.includes(id));
  return [
    ...of(areas).map((id): LayerSpecification => ({
      id: `base-${id}`,
      type: 'fill',
      source: 'base',
      'source-layer': id,
      filter: ['==', ['geometry-type'], 'Polygon'],
      paint: { 'fill-color': theme.steps[2] ?? theme.line },
    })),
    ...of([...paths, ...areas]).map((id): LayerSpecification => ({
      id: `base-${id}-line`,
      type: 'line',
      source: 'base',
      'source-layer': id,
      filter: ['==', ['geometry-type'], 'LineString'],
      paint: { 'line-color': theme.steps[3] ?? theme.line, 'line-width': 1.2 * scale },
    })),
    ...of(places).map((id): LayerSpecification => ({
      id: `base-${id}`,
      type: 'symbol',
      source: 'base',
      'source-layer': id,
      layout: {
        'text-field': ['coalesce', ['get', 'name:vi'], ['get', 'name'], ''],
        'text-font': [mapFont],
        'text-size': textPx * 0.8,
      },
      paint: { 'text-color': theme.line, 'text-halo-color': theme.ground, 'text-halo-width': 2 * scale },
    })),
  ];
}
