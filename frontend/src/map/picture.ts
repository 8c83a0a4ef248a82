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

/** An alarm is drawn by who has taken it: nobody yet, somebody, or nobody and it is over. */
export type MarkKind = 'report' | 'sensor' | AlarmMark;
export type AlarmMark = 'alarm-unacked' | 'alarm-acked' | 'alarm-cleared';

export interface Mark {
  id: string;
  lon: number;
  lat: number;
  state: Shown;
  kind: MarkKind;
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

/** What a page tells its map. */
export interface MapProps {
  shapes: MapShapes;
  picture: MapPicture;
  label: string;
  /** Told when WebGL was lost for good; the map goes on as plain SVG by itself. */
  onlost?: () => void;
  /** What somebody points at. */
  highlight?: Highlight | null;
  /**
   * Size of the names in CSS pixels, for eyes far away; without it they follow the root font size. 0 leaves out the
   * names and the counts on stacks.
   */
  textPx?: number;
  /** How much larger than near by marks and lines are drawn. */
  enlarge?: number;
  /** The area that fills the picture; the whole without it. */
  area?: string;
  /** The address of an operator's base map. */
  pmtiles?: string;
  /** Whose boundaries these are, of which division, and whether they are a schematic; stands on the map itself. */
  credit?: string;
}

/** A point in pixels from the map's upper left corner. */
export interface Spot {
  x: number;
  y: number;
}

/** One of the ways to draw: WebGL or plain SVG. */
export interface MapDrawing {
  /** Draws it with the next frame; settles when it is on the screen. */
  draw(arranged: Arranged): Promise<void>;
  /** Where a place lies now; changes only when the map's size or area does. */
  project(lon: number, lat: number): Spot;
  /** Fits the drawing anew to an area, or to the whole when that is empty. */
  resize(sizes: Sizes, area: string): void;
  remove(): void;
}
