// What most pages do: at every change the collection made of the marks there are and handed over whole. The bench
// measures ours beside it.
import { Map as MapLibre, setWorkerUrl, type GeoJSONSource } from 'maplibre-gl';
import workerUrl from 'maplibre-gl/dist/maplibre-gl-worker.mjs?url';
import { boundsOf } from '../../src/map/geometry';
import { drawIcons, drawOrder, iconName, iconSide } from '../../src/map/icons';
import type { MapShapes, Mark } from '../../src/map/picture';
import { rootScale, sizesOf } from '../../src/map/sizes';
import { styleOf } from '../../src/map/style';
import { readTheme } from '../../src/map/theme';

setWorkerUrl(new URL(workerUrl, window.location.href).href);

export class NaiveMap {
  readonly #map: MapLibre;
  #marks: readonly Mark[];

  constructor(container: HTMLElement, shapes: MapShapes, marks: readonly Mark[]) {
    const theme = readTheme(container);
    const sizes = sizesOf(rootScale());
    this.#marks = marks;
    this.#map = new MapLibre({
      container,
      style: styleOf(shapes, theme, sizes),
      interactive: false,
      attributionControl: false,
      fadeDuration: 0,
    });
    const box = shapes.province === null ? null : boundsOf(shapes.province.features);
    if (box !== null) this.#map.fitBounds([box.west, box.south, box.east, box.north], { padding: 14, animate: false });
    void this.#map.once('load', () => {
      for (const { name, image } of drawIcons(theme, sizes.scale)) this.#map.addImage(name, image);
      this.#hand();
    });
  }

  change(marks: readonly Mark[]): void {
    this.#marks = marks;
    this.#hand();
  }

  remove(): void {
    this.#map.remove();
  }

  #hand(): void {
    void this.#map
      .getSource<GeoJSONSource>('marks')
      ?.setData({ type: 'FeatureCollection', features: this.#marks.map(feature) });
  }
}

function feature(mark: Mark): GeoJSON.Feature {
  return {
    type: 'Feature',
    properties: { id: mark.id, icon: iconName(mark), order: drawOrder(mark), count: '', side: iconSide(mark) },
    geometry: { type: 'Point', coordinates: [mark.lon, mark.lat] },
  };
}
