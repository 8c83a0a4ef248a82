// From areas, alarms and a highlighted thing to the names a map carries.
import type { Arranged } from './arrange';
import { boxAt, touches } from './boxes';
import { distance } from './boxes';
import { lines, shapeOf, type Anchor } from './geometry';
import { iconSide } from './icons';
import { placeLabels, weights, type Field, type LabelWish, type Obstacle, type PlacedLabel } from './labels';
import type { Highlight, MapPicture, MapShapes, Spot } from './picture';
import type { Sizes } from './sizes';
import type { Project, Stack } from './stacks';

/** A name with its text. */
export interface Name extends PlacedLabel {
  text: string;
}

/** What is drawn around a highlighted thing: a ring around a mark, or the border of an area. */
export interface Emphasis {
  at: Spot;
  radius: number;
  /** Path of the border; empty for a mark. */
  border: string;
  name: Name | null;
}

/** Where names are placed: how large they are, and in what. */
export interface Ground {
  project: Project;
  field: Field;
  sizes: Sizes;
  /** The width of a text in pixels at the size of names. */
  measure: (text: string) => number;
}

export interface Stage extends Ground {
  arranged: Arranged;
}

const emphasisCode = ' highlight'; // no area has this code

/** Places all names; `before` is where they stood. */
export function placeNames(
  stage: Stage,
  anchors: readonly Anchor[],
  around: { target: Target | null; before: Readonly<Record<string, Spot>> },
): { names: Name[]; emphasis: Emphasis | null } {
  const { target, before } = around;
  const texts = new Map<string, string>();
  const wish = (code: string, text: string, at: Spot, clear = 0): LabelWish => {
    texts.set(code, text);
    const height = stage.sizes.textPx * 1.3;
    return { code, at, width: stage.measure(text) + stage.sizes.textPx * 0.4, height, clear };
  };
  const wishes = anchors
    .filter(({ code }) => code !== target?.area)
    .map(({ code, name, lon, lat }) => wish(code, name, stage.project(lon, lat)));
  if (target !== null && target.text !== '')
    wishes.unshift(wish(emphasisCode, target.text, target.at, target.border === '' ? target.radius : 0));
  const placed = placeLabels(wishes, obstaclesOf(stage, target), stage.field, before).map((label) => ({
    ...label,
    text: texts.get(label.code) ?? '',
  }));
  const emphasis =
    target === null
      ? null
      : {
          at: target.at,
          radius: target.radius,
          border: target.border,
          name: placed.find(({ code }) => code === emphasisCode) ?? null,
        };
  return { names: placed.filter(({ code }) => code !== emphasisCode), emphasis };
}

/** Whatever asks for attention, with the count beside it; the quiet move no name. */
function obstaclesOf({ arranged, sizes }: Stage, target: Target | null): Obstacle[] {
  const list: Obstacle[] = [];
  for (const stack of arranged.stacks) {
    const weight = stack.state in weights ? weights[stack.state as keyof typeof weights] : 0;
    if (weight === 0) continue;
    const radius = (iconSide(stack) / 2) * sizes.scale * arranged.size;
    list.push({ at: stack.at, radius, weight });
    const half = countWidth(stack, sizes) / 2;
    if (half === 0) continue;
    list.push({
      at: { x: stack.at.x + radius + half, y: stack.at.y },
      radius: Math.max(half, sizes.countPx / 2),
      weight,
    });
  }
  if (target !== null && target.border === '')
    list.push({ at: target.at, radius: target.radius, weight: weights.critical });
  return list;
}

/**
 * What is to be drawn below the names: without the counts of quiet marks that a name lies on, for half a number is none.
 * What asks for attention keeps its count: no name lies there.
 */
export function belowNames({ arranged, sizes, measure }: Stage, names: readonly Name[]): Arranged {
  const boxes = names.map(({ at, text }) => boxAt({ width: measure(text), height: sizes.textPx }, at));
  const hidden = (stack: Stack): boolean => {
    const half = countWidth(stack, sizes) / 2;
    if (half === 0 || stack.state in weights) return false;
    const x = stack.at.x + (iconSide(stack) / 2) * sizes.scale * arranged.size + half;
    const count = boxAt({ width: 2 * half, height: sizes.countPx * 0.8 }, { x, y: stack.at.y });
    return boxes.some((box) => touches(box, count));
  };
  if (!arranged.stacks.some(hidden)) return arranged;
  return { ...arranged, stacks: arranged.stacks.map((stack) => (hidden(stack) ? { ...stack, count: 1 } : stack)) };
}

/** The width of the count that stands right of a stack. */
function countWidth({ count }: { count: number }, { countPx }: Sizes): number {
  return count < 2 ? 0 : String(count).length * countPx * 0.62;
}

/** Where a highlighted thing lies. */
export interface Target {
  at: Spot;
  radius: number;
  border: string;
  text: string;
  /** Its code when it is an area. */
  area: string;
}

/** Finds what is highlighted; null when the map does not hold it. */
export function targetOf(
  stage: Stage,
  highlight: Highlight,
  map: { shapes: MapShapes; picture: MapPicture },
): Target | null {
  if (highlight.kind === 'area') return areaTarget(stage, highlight, map.shapes);
  const id = highlight.kind === 'sensor' ? `sensor/${highlight.id}` : highlight.id;
  const mark = map.picture.marks.find((m) => m.id === id);
  if (mark === undefined) return null;
  const { sizes, arranged } = stage;
  const at = stage.project(mark.lon, mark.lat);
  const stack = arranged.stacks.find((s) => distance(s.at, at) < 18 * sizes.scale * arranged.size);
  const icon = (iconSide(stack ?? mark) / 2) * sizes.scale * arranged.size;
  // The ring goes round the count too, for it would hide it.
  const radius = icon + 9 * sizes.scale + (stack === undefined ? 0 : countWidth(stack, sizes));
  return { at: stack?.at ?? at, radius, border: '', text: highlight.name ?? '', area: '' };
}

function areaTarget({ project }: Stage, { id, name }: Highlight, shapes: MapShapes): Target | null {
  const feature = shapeOf(shapes, id);
  if (feature === null) return null;
  const border = pathOf(lines(feature.geometry), project);
  const label: unknown = feature.properties?.['label'];
  const [lon, lat] = Array.isArray(label) ? (label as number[]) : [];
  if (lon === undefined || lat === undefined || border === '') return null;
  const own: unknown = feature.properties?.['name'];
  return { at: project(lon, lat), radius: 0, border, text: name ?? (typeof own === 'string' ? own : ''), area: id };
}

/** Path data of rings, in pixels. */
export function pathOf(rings: readonly (readonly number[])[][], project: Project): string {
  return rings
    .map((ring) => {
      const points = ring.map(([lon = 0, lat = 0]) => {
        const { x, y } = project(lon, lat);
        return `${x.toFixed(1)} ${y.toFixed(1)}`;
      });
      return `M${points.join('L')}`;
    })
    .join('');
}
