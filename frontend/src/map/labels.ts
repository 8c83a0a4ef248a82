import type { Spot } from './picture';

export interface LabelWish {
  code: string;
  /** Where the name would best stand, its middle. */
  at: Spot;
  width: number;
  height: number;
}

export interface PlacedLabel {
  code: string;
  at: Spot;
  /** Where a line to the name's place begins, when the name stands away from it. */
  leader: Spot | null;
}

/** A mark that a name should not cover; the heavier, the less. */
export interface Obstacle {
  at: Spot;
  radius: number;
  weight: number;
}

interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

const offField = 5000;
const onLabel = 3000;
const moving = 10;

/**
 * Places names so that no alarm is hidden by one and none hides one. A name keeps the place it had as long
 * as that place stays free of heavy marks, because names that wander are worse than names that stand apart.
 */
export function placeLabels(
  wishes: readonly LabelWish[],
  obstacles: readonly Obstacle[],
  field: { width: number; height: number },
  before: Readonly<Record<string, Spot>> = {},
): PlacedLabel[] {
  const taken: Box[] = [];
  return wishes.map((wish) => {
    const previous = before[wish.code];
    const tried = candidates(wish).map((at) => {
      const stays = previous !== undefined && Math.hypot(previous.x - at.x, previous.y - at.y) < 1;
      return { at, cost: cost(wish, at, obstacles, taken, field) + (previous === undefined || stays ? 0 : moving) };
    });
    const best = tried.reduce((a, b) => (b.cost < a.cost ? b : a));
    const box = boxAt(wish, best.at);
    taken.push(box);
    const away = distance(wish.at, best.at) > wish.height * 1.2;
    return { code: wish.code, at: best.at, leader: away ? nearest(box, wish.at) : null };
  });
}

/** The best place first, then rings around it, nearest first. */
function candidates({ at, width, height }: LabelWish): Spot[] {
  const spots: Spot[] = [at];
  for (const ring of [0.75, 1.35, 2, 2.8, 3.8]) {
    for (const [dx, dy] of directions)
      spots.push({ x: at.x + dx * (width / 2 + height * 0.4) * ring, y: at.y + dy * height * ring });
  }
  return spots;
}

const directions = [
  [0, -1],
  [0, 1],
  [1, 0],
  [-1, 0],
  [0.75, -0.85],
  [-0.75, -0.85],
  [0.75, 0.85],
  [-0.75, 0.85],
] as const;

function cost(
  wish: LabelWish,
  at: Spot,
  obstacles: readonly Obstacle[],
  taken: readonly Box[],
  field: { width: number; height: number },
): number {
  const box = boxAt(wish, at);
  let sum = (distance(wish.at, at) / wish.height) * 7;
  if (box.left < 0 || box.top < 0 || box.right > field.width || box.bottom > field.height) sum += offField;
  for (const other of taken) if (touches(box, other)) sum += onLabel;
  for (const obstacle of obstacles) if (covers(box, obstacle)) sum += obstacle.weight;
  return sum;
}

function boxAt({ width, height }: LabelWish, { x, y }: Spot): Box {
  return { left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2 };
}

function touches(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

function covers(box: Box, { at, radius }: Obstacle): boolean {
  return distance(at, nearest(box, at)) < radius;
}

function nearest(box: Box, { x, y }: Spot): Spot {
  return { x: Math.max(box.left, Math.min(x, box.right)), y: Math.max(box.top, Math.min(y, box.bottom)) };
}

function distance(a: Spot, b: Spot): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}
