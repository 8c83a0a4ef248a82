// What a wall may show, as data. The server checks scenes strictly before it hands them out (server/scene); here
// they are only read, so that a scene from a newer server cannot break an older page.
import { asArray, asCount, asNumber, asObject, asText, asTexts, type JsonObject } from '../wire/json';

export const densities = ['near', 'middle', 'far'] as const;
export type Density = (typeof densities)[number];

/** About 16:9; at least 2.2:1; higher than wide or small, where the page scrolls and is read in the hand. */
export type Shape = 'wide' | 'ultra' | 'tall';

export const partTypes = [
  'header',
  'map',
  'tiles',
  'ticker',
  'hours',
  'areas',
  'rivers',
  'rain',
  'reports',
  'changed',
  'alarms',
] as const;
export type PartType = (typeof partTypes)[number];

export interface Named {
  vi: string;
  en: string;
}

export interface Part {
  id: string;
  type: PartType;
  title: Named | null;
  tiles: string[];
}

export interface Cell {
  part: string;
  x: number;
  y: number;
  w: number;
  h: number;
  /** How many tiles stand side by side. */
  columns: number;
  /** How many rows or lines there is room for. */
  most: number;
}

export interface Grid {
  columns: string[];
  rows: string[];
  cells: Cell[];
}

/** Sizes of text in rem by role. */
export type Sizes = Readonly<Record<string, number>>;

export interface Layout {
  text: Readonly<Record<string, Sizes>>;
  shapes: Readonly<Partial<Record<Shape, Grid>>>;
}

export interface Scene {
  id: string;
  name: Named;
  parts: Part[];
  densities: Readonly<Partial<Record<Density, Layout>>>;
}

const shapes: readonly Shape[] = ['wide', 'ultra', 'tall'];
const leastUltra = 2.2;
const leastWall = 900;

/** The shape of a picture of so many pixels. */
export function shapeOf(width: number, height: number): Shape {
  if (width < leastWall || width < height) return 'tall';
  return width / height >= leastUltra ? 'ultra' : 'wide';
}

export const asDensity = (text: string): Density | null => densities.find((density) => density === text) ?? null;

/** Reads the answer of /api/v1/scenes; what cannot be read is left out. */
export function parseScenes(raw: JsonObject): Scene[] {
  return asArray(raw['scenes']).flatMap((item) => {
    const scene = asObject(item);
    return scene === null || asText(scene['id']) === '' ? [] : [parseScene(scene)];
  });
}

export function parseScene(raw: JsonObject): Scene {
  const layouts = asObject(raw['densities']);
  return {
    id: asText(raw['id']),
    name: parseName(raw['name']) ?? { vi: asText(raw['id']), en: asText(raw['id']) },
    parts: asArray(raw['parts']).flatMap(parsePart),
    densities: Object.fromEntries(
      densities.flatMap((density) => {
        const layout = asObject(layouts?.[density]);
        return layout === null ? [] : [[density, parseLayout(layout)]];
      }),
    ),
  };
}

function parseName(value: unknown): Named | null {
  const raw = asObject(value);
  return raw === null ? null : { vi: asText(raw['vi']).normalize('NFC'), en: asText(raw['en']) };
}

function parsePart(value: unknown): Part[] {
  const raw = asObject(value);
  const type = partTypes.find((known) => known === raw?.['type']);
  if (raw === null || type === undefined) return [];
  return [{ id: asText(raw['id']), type, title: parseName(raw['title']), tiles: asTexts(raw['tiles']) }];
}

function parseLayout(raw: JsonObject): Layout {
  const text = Object.entries(asObject(raw['text']) ?? {}).map(([part, roles]) => [
    part,
    Object.fromEntries(Object.entries(asObject(roles) ?? {}).map(([role, rem]) => [role, asNumber(rem) ?? 0])),
  ]);
  const grids = asObject(raw['shapes']);
  return {
    text: Object.fromEntries(text) as Record<string, Sizes>,
    shapes: Object.fromEntries(
      shapes.flatMap((shape) => {
        const grid = asObject(grids?.[shape]);
        return grid === null ? [] : [[shape, parseGrid(grid)]];
      }),
    ),
  };
}

function parseGrid(raw: JsonObject): Grid {
  const cells = asArray(raw['cells']).flatMap((item): Cell[] => {
    const cell = asObject(item);
    if (cell === null) return [];
    const n = (name: string): number => asCount(cell[name]) ?? 0;
    return [
      {
        part: asText(cell['part']),
        x: n('x'),
        y: n('y'),
        w: n('w'),
        h: n('h'),
        columns: n('columns'),
        most: n('most'),
      },
    ];
  });
  return { columns: asTexts(raw['columns']), rows: asTexts(raw['rows']), cells };
}
