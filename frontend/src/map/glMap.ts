import { Map as MapLibre, setWorkerUrl, type GeoJSONSource, type StyleSpecification } from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import { stepOf } from '../rules/choropleth';
import { boundsOf } from './geometry';
import { crowding, drawIcons } from './icons';
import { MarkSource } from './markSource';
import type { MapDrawing, MapPicture, MapShapes, Spot } from './picture';
import { readTheme, type MapTheme } from './theme';

setWorkerUrl(new URL(workerUrl, window.location.href).href);

const lostForGoodMs = 10_000;
const padding = 14;
const empty: GeoJSON.FeatureCollection = { type: 'FeatureCollection', features: [] };

/** Widths of lines in pixels at 1080 lines. */
const widths = { 'commune-line': 0.9, 'district-case': 4, 'district-line': 1.4, 'province-line': 3 } as const;

/**
 * The map in WebGL: no tiles, no glyphs, no sprites, nothing from the network but its own worker. Names are
 * not drawn here. After a lost context it draws everything again; when none comes back it calls `lost`.
 */
export class GlMap implements MapDrawing {
  readonly #map: MapLibre;
  readonly #theme: MapTheme;
  readonly #shapes: MapShapes;
  readonly #lost: () => void;
  #scale: number;
  #marks: MarkSource | null = null;
  #ready = false;
  #picture: MapPicture | null = null;
  #steps = new Map<string, number>();
  #frame = 0;
  #markSize = 1;
  #deathbed: ReturnType<typeof setTimeout> | undefined;

  constructor(container: HTMLElement, shapes: MapShapes, scale: number, lost: () => void) {
    this.#theme = readTheme(container);
    this.#shapes = shapes;
    this.#scale = scale;
    this.#lost = lost;
    this.#map = new MapLibre({
      container,
      style: style(shapes, this.#theme, scale),
      interactive: false,
      attributionControl: false,
      fadeDuration: 0,
      pixelRatio: Math.min(2, window.devicePixelRatio),
      trackResize: false,
    });
    this.#fit();
    void this.#map.once('load', () => {
      this.#loaded();
    });
    this.#map.on('webglcontextlost', () => {
      this.#contextLost();
    });
    this.#map.on('webglcontextrestored', () => {
      this.#contextRestored();
    });
  }

  draw(picture: MapPicture): void {
    this.#picture = picture;
    if (this.#frame === 0)
      this.#frame = requestAnimationFrame(() => {
        this.#frame = 0;
        this.#paint();
      });
  }

  project(lon: number, lat: number): Spot {
    const { x, y } = this.#map.project([lon, lat]);
    return { x, y };
  }

  resize(scale: number): void {
    this.#map.resize();
    this.#fit();
    if (scale === this.#scale || !this.#ready) return;
    this.#scale = scale;
    for (const [layer, width] of Object.entries(widths)) this.#map.setPaintProperty(layer, 'line-width', width * scale);
    this.#addIcons();
  }

  remove(): void {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#deathbed);
    this.#ready = false;
    this.#map.remove();
  }

  #fit(): void {
    const shape = this.#shapes.province ?? this.#shapes.districts ?? this.#shapes.communes;
    const box = shape === null ? null : boundsOf(shape.features);
    const { clientWidth, clientHeight } = this.#map.getContainer();
    if (box === null || Math.min(clientWidth, clientHeight) < 4 * padding * this.#scale) return;
    this.#map.fitBounds([box.west, box.south, box.east, box.north], { padding: padding * this.#scale, animate: false });
  }

  #loaded(): void {
    this.#addIcons();
    const source = this.#map.getSource<GeoJSONSource>('marks');
    this.#marks = source === undefined ? null : new MarkSource(source);
    this.#ready = true;
    this.#paint();
  }

  // Between lost and restored every style call throws, and all feature state is empty afterwards.
  #contextLost(): void {
    this.#ready = false;
    this.#deathbed = setTimeout(this.#lost, lostForGoodMs);
  }

  #contextRestored(): void {
    clearTimeout(this.#deathbed);
    this.#steps.clear();
    this.#markSize = 1;
    void this.#map.once('style.load', () => {
      this.#loaded();
    });
  }

  #paint(): void {
    if (!this.#ready || this.#picture === null) return;
    this.#colour(this.#picture.counts);
    this.#resizeMarks(crowding(this.#picture.marks));
    this.#marks?.want(this.#picture.marks);
  }

  #colour(counts: ReadonlyMap<string, number>): void {
    for (const feature of this.#shapes.communes?.features.features ?? []) {
      const id = String(feature.properties?.['code']);
      const step = stepOf(counts.get(id) ?? 0);
      if (this.#steps.get(id) === step) continue;
      this.#steps.set(id, step);
      this.#map.setFeatureState({ source: 'communes', id }, { step });
    }
  }

  #resizeMarks(size: number): void {
    if (size === this.#markSize) return;
    this.#markSize = size;
    this.#map.setLayoutProperty('marks', 'icon-size', size);
  }

  #addIcons(): void {
    const pixelRatio = Math.min(2, window.devicePixelRatio);
    for (const { name, image } of drawIcons(this.#theme, this.#scale * pixelRatio)) {
      if (this.#map.hasImage(name)) this.#map.removeImage(name);
      this.#map.addImage(name, image, { pixelRatio });
    }
  }
}

function style(shapes: MapShapes, theme: MapTheme, scale: number): StyleSpecification {
  const line = (id: keyof typeof widths, source: string, color: string): StyleSpecification['layers'][number] => ({
    id,
    type: 'line',
    source,
    layout: { 'line-join': 'round' },
    paint: { 'line-color': color, 'line-width': widths[id] * scale },
  });
  return {
    version: 8,
    sources: {
      communes: { type: 'geojson', data: shapes.communes?.features ?? empty, promoteId: 'code' },
      districts: { type: 'geojson', data: shapes.districts?.features ?? empty },
      province: { type: 'geojson', data: shapes.province?.features ?? empty },
      marks: { type: 'geojson', data: empty, promoteId: 'id' },
    },
    layers: [
      { id: 'ground', type: 'background', paint: { 'background-color': theme.ground } },
      {
        id: 'communes',
        type: 'fill',
        source: 'communes',
        paint: {
          'fill-color': [
            'match',
            ['coalesce', ['feature-state', 'step'], 0],
            1,
            theme.steps[1] ?? theme.ground,
            2,
            theme.steps[2] ?? theme.ground,
            3,
            theme.steps[3] ?? theme.ground,
            4,
            theme.steps[4] ?? theme.ground,
            theme.steps[0] ?? theme.ground,
          ],
        },
      },
      line('commune-line', 'communes', theme.ground),
      line('district-case', 'districts', theme.ground),
      line('district-line', 'districts', theme.line),
      line('province-line', 'province', theme.line),
      {
        id: 'marks',
        type: 'symbol',
        source: 'marks',
        layout: {
          'icon-image': ['get', 'icon'],
          'icon-allow-overlap': true,
          'icon-ignore-placement': true,
          'symbol-sort-key': ['get', 'order'],
        },
      },
    ],
  };
}
