// What a map shows, free of how it is drawn.
import type { Geometry } from '../api/screen';
import type { Shown } from '../rules/state';

export interface MapShapes {
  communes: Geometry | null;
  districts: Geometry | null;
  province: Geometry | null;
}

export interface Mark {
  id: string;
  lon: number;
  lat: number;
  state: Shown;
  kind: 'report' | 'sensor';
}

export interface MapPicture {
  /** Open reports by commune code. */
  counts: ReadonlyMap<string, number>;
  marks: readonly Mark[];
}

/** A point in pixels from the map's upper left corner. */
export interface Spot {
  x: number;
  y: number;
}

/** One of the ways to draw: WebGL or plain SVG. */
export interface MapDrawing {
  draw(picture: MapPicture): void;
  /** Where a place lies now; changes only when the map's size does. */
  project(lon: number, lat: number): Spot;
  /** Fits the drawing anew; `scale` is the size of a 1080-line pixel. */
  resize(scale: number): void;
  remove(): void;
}
