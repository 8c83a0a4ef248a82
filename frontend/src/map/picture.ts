// What a map shows, free of how it is drawn.
import type { Geometry } from '../api/screen';
import type { Shown } from '../rules/state';
import type { Arranged } from './arrange';
import type { Sizes } from './sizes';

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

/** A thing that somebody points at. A sensor's id is its code, without the prefix of its mark. */
export interface Highlight {
  kind: 'report' | 'sensor' | 'area';
  id: string;
  /** What is written beside it; an area has its own name when there is none. */
  name?: string;
}

/** A point in pixels from the map's upper left corner. */
export interface Spot {
  x: number;
  y: number;
}

/** One of the ways to draw: WebGL or plain SVG. */
export interface MapDrawing {
  draw(arranged: Arranged): void;
  /** Where a place lies now; changes only when the map's size or area does. */
  project(lon: number, lat: number): Spot;
  /** Fits the drawing anew to an area, or to the whole when that is empty. */
  resize(sizes: Sizes, area: string): void;
  remove(): void;
}
