import { Map as MapLibre, setWorkerUrl, type GeoJSONSource } from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import { stepOf } from '../rules/choropleth';
import type { Arranged } from './arrange';
import type { Crowd } from './crowd';
import { boundsOf, shapeToFit, type Bounds } from './geometry';
import { drawIcons } from './icons';
import { northing } from './mercator';
import { MarkSource } from './markSource';
import type { MapDrawing, MapShapes, Spot } from './picture';
import { countLayout, firstOwnLayer, lineWidths, styleOf, unseenIcon } from './style';
import type { Sizes } from './sizes';
import type { Project } from './stacks';
import { readTheme, type MapTheme } from './theme';

setWorkerUrl(new URL(workerUrl, window.location.href).href);

const lostForGoodMs = 10_000;
const padding = 14;

export interface GlSetting {
  shapes: MapShapes;
  /** The area to fill the picture with; empty for the whole. */
  area: string;
  sizes: Sizes;
  /** The address of an operator's PMTiles file; empty for none. */
  pmtiles: string;
  /** Called when the context was lost and none came back. */
  lost: () => void;
}

/**
 * The map in WebGL: no glyph server, no sprites, nothing from the network but its own worker and fonts. Names are not
 * drawn here. After a lost context it draws everything again; when none comes back it calls `lost`.
 */
export class GlMap implements MapDrawing {
  readonly #map: MapLibre;
  readonly #theme: MapTheme;
  readonly #setting: GlSetting;
  /** Its code is fetched when there is one for the first time. */
  #crowd: Crowd | null = null;
  #crowdComes = false;
  #sizes: Sizes;
  #area: string;
  #marks: MarkSource | null = null;
  #ready = false;
  #wanted: Arranged | null = null;
  #steps = new Map<string, number>();
  #frame = 0;
  #coming: Promise<void> | null = null;
  #markSize = 0;
  #deathbed: ReturnType<typeof setTimeout> | undefined;
  #project: Project = () => ({ x: 0, y: 0 });

  constructor(container: HTMLElement, setting: GlSetting) {
    this.#theme = readTheme(container);
    this.#setting = setting;
    this.#sizes = setting.sizes;
    this.#area = setting.area;
    this.#map = new MapLibre({
      container,
      style: styleOf(setting.shapes, this.#theme, setting.sizes),
      interactive: false,
      attributionControl: false,
      fadeDuration: 0,
      pixelRatio: Math.min(2, window.devicePixelRatio),
      trackResize: false,
    });
    this.#fit();
    void this.#map.once('style.load', () => {
      this.#map.addImage(unseenIcon, new ImageData(1, 1));
    });
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

  draw(arranged: Arranged): Promise<void> {
    this.#wanted = arranged;
    this.#coming ??= this.#drawSoon();
    return this.#coming;
  }

  project(lon: number, lat: number): Spot {
    return this.#project(lon, lat);
  }

  resize(sizes: Sizes, area: string): void {
    this.#area = area;
    if (this.#ready) this.#map.resize();
    const same = sizes.scale === this.#sizes.scale && sizes.countPx === this.#sizes.countPx;
    this.#sizes = sizes;
    this.#fit();
    if (!same) this.#applySizes();
    if (this.#wanted !== null) void this.draw(this.#wanted);
  }

  remove(): void {
    cancelAnimationFrame(this.#frame);
    clearTimeout(this.#deathbed);
    this.#ready = false;
    this.#crowd?.remove();
    this.#map.remove();
  }

  async #drawSoon(): Promise<void> {
    await new Promise((done) => {
      this.#frame = requestAnimationFrame(done);
    });
    this.#coming = null;
    this.#paint();
    await this.#marks?.settled();
    // The source knows it then; its tiles are laid out, and the frames drawn, after that.
    if (this.#ready && !this.#map.loaded()) await this.#map.once('idle');
  }

  #fit(): void {
    const shape = shapeToFit(this.#setting.shapes, this.#area);
    const box = shape === null ? null : boundsOf(shape);
    const { clientWidth: width, clientHeight: height } = this.#map.getContainer();
    const { scale } = this.#sizes;
    if (box === null || Math.min(width, height) < 4 * padding * scale) return;
    this.#map.fitBounds([box.west, box.south, box.east, box.north], { padding: padding * scale, animate: false });
    this.#project = projectionOf(this.#map, box);
    this.#crowd?.fit({ width, height }, this.#sizes);
  }

  #loaded(): void {
    const source = this.#map.getSource<GeoJSONSource>('marks');
    this.#marks = source === undefined ? null : new MarkSource(source);
    this.#ready = true;
    this.#applySizes();
    this.#paint();
    if (this.#setting.pmtiles !== '') void this.#layBase(this.#setting.pmtiles);
  }

  async #layBase(url: string): Promise<void> {
    const { baseOf } = await import('./baseMap');
    const base = await baseOf(url, this.#theme, this.#sizes);
    if (base === null || !this.#ready || this.#map.getSource('base') !== undefined) return;
    this.#map.addSource('base', base.source);
    for (const layer of base.layers) this.#map.addLayer(layer, firstOwnLayer);
    // What lies below has to be seen through the colours of the areas.
    this.#map.setPaintProperty(firstOwnLayer, 'fill-opacity', 0.55);
  }

  // Between lost and restored every style call throws, and all feature state is empty afterwards.
  #contextLost(): void {
    this.#ready = false;
    clearTimeout(this.#deathbed);
    this.#deathbed = setTimeout(this.#setting.lost, lostForGoodMs);
  }

  #contextRestored(): void {
    this.#steps.clear();
    this.#markSize = 0;
    void this.#map.once('style.load', () => {
      clearTimeout(this.#deathbed);
      this.#map.resize();
      this.#fit();
      this.#loaded();
    });
  }

  #paint(): void {
    if (!this.#ready || this.#wanted === null) return;
    const { counts, stacks, crowd, overflow, size } = this.#wanted;
    this.#colour(counts);
    this.#resizeMarks(size);
    if (crowd !== null && this.#crowd === null) {
      void this.#fetchCrowd();
      if (!this.#crowdComes) this.#marks?.want(stacks);
    } else if (crowd !== null) {
      this.#crowd?.show({ marks: crowd, stacks, overflow, size });
      this.#marks?.want([]);
    } else if (this.#crowd?.empty !== false) this.#marks?.want(stacks);
    else
      this.#marks?.want(stacks, () => {
        void this.#map.once('idle', () => {
          this.#endCrowd();
        });
      });
  }

  // What stood before the crowd stands until its code is there; without it the alarms remain.
  async #fetchCrowd(): Promise<void> {
    if (this.#crowdComes) return;
    this.#crowdComes = true;
    try {
      const { Crowd } = await import('./crowd');
      const look = { theme: this.#theme, sizes: this.#sizes };
      this.#crowd = new Crowd(this.#map.getContainer(), (lon, lat) => this.project(lon, lat), look);
      this.#fit();
    } catch {
      this.#crowdComes = false;
    }
    this.#paint();
  }

  // The crowd goes only when the symbols that take its place are on the screen.
  #endCrowd(): void {
    if (this.#wanted?.crowd === null) this.#crowd?.clear();
  }

  #colour(counts: ReadonlyMap<string, number>): void {
    for (const feature of this.#setting.shapes.communes?.features.features ?? []) {
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
    const layout = countLayout(size, this.#sizes);
    this.#map.setLayoutProperty('marks', 'icon-size', size);
    this.#map.setLayoutProperty('counts', 'text-size', layout['text-size']);
    this.#map.setLayoutProperty('counts', 'text-offset', layout['text-offset']);
  }

  #applySizes(): void {
    if (!this.#ready) return;
    const { scale } = this.#sizes;
    for (const [layer, width] of Object.entries(lineWidths))
      this.#map.setPaintProperty(layer, 'line-width', width * scale);
    this.#map.setPaintProperty('counts', 'text-halo-width', 2.5 * scale);
    this.#markSize = 0;
    const pixelRatio = Math.min(2, window.devicePixelRatio);
    for (const { name, image } of drawIcons(this.#theme, scale * pixelRatio)) {
      if (this.#map.hasImage(name)) this.#map.removeImage(name);
      this.#map.addImage(name, image, { pixelRatio });
    }
  }
}

/** The map's own projection while its camera stands, without its cost: two corners tell all of it. */
function projectionOf(map: MapLibre, box: Bounds): Project {
  const nw = map.project([box.west, box.north]);
  const se = map.project([box.east, box.south]);
  const top = northing(box.north);
  const perLon = (se.x - nw.x) / (box.east - box.west);
  const perNorth = (se.y - nw.y) / (top - northing(box.south));
  return (lon, lat) => ({ x: nw.x + (lon - box.west) * perLon, y: nw.y + (top - northing(lat)) * perNorth });
}
