import { boxAt, cuts, distance, nearest, reaches, touches, type Box } from './boxes';
import type { Spot } from './picture';
import { inside, type Region } from './regions';

export interface LabelWish {
  code: string;
  /** Where the name would best stand, its middle. */
  at: Spot;
  width: number;
  height: number;
  /** So far from `at`, in pixels, the name has to stay, with a line to its rim; 0 for a name that may stand on it. */
  clear?: number;
}

/** A line between a name and its place. */
export interface Leader {
  from: Spot;
  to: Spot;
  /** The line ends at the place itself and not at the rim of something that stands there. */
  home: boolean;
}

export interface PlacedLabel {
  code: string;
  at: Spot;
  leader: Leader | null;
}

/** A mark that a name or its line should not cover; the heavier, the less. */
export interface Obstacle {
  at: Spot;
  radius: number;
  weight: number;
}

export interface Field {
  width: number;
  height: number;
  /** The areas that are named: over another one than its own a name would be taken for that one's. */
  regions?: readonly Region[];
}

/** Weights of obstacles: over `barred` nothing is drawn as long as there is any other place. */
export const weights = { critical: 4000, warning: 300, attention: 40 } as const;

const offField = 50_000;
const onLabel = 20_000;
const leaderOnLabel = 1600;
const acrossLeader = 1200;
const overAnother = 260;
const moving = 60;
const perHeight = 7;
/** A line passes marks at this distance from their rim. */
const leaderRoom = 2;

interface Tried extends PlacedLabel {
  wish: LabelWish;
  cost: number;
  box: Box;
}

/**
 * Places names so that no alarm is hidden by one and none hides one. A name keeps the place it had as long as that is
 * not much worse than another, because names that wander are worse than names that stand apart. A name for which there
 * is no room at all, because it would cover another one or leave the map, is left out: what is drawn can be read.
 */
export function placeLabels(
  wishes: readonly LabelWish[],
  obstacles: readonly Obstacle[],
  field: Field,
  before: Readonly<Record<string, Spot>> = {},
): PlacedLabel[] {
  const placed: Tried[] = [];
  const heaviest = [...obstacles].sort((a, b) => b.weight - a.weight); // so that a bad place is soon known
  const ground = (wish: LabelWish, others: readonly Tried[]): Ground => ({
    obstacles: heaviest,
    field,
    placed: others,
    previous: before[wish.code],
    rim: rimOf(wish, heaviest),
  });
  for (const wish of wishes) {
    const best = bestOf(wish, ground(wish, placed));
    if (best !== null && best.cost < onLabel) placed.push(best);
  }
  untangle(placed, ground);
  settle(placed, ground);
  return placed.map(({ code, at, leader }) => ({ code, at, leader }));
}

/**
 * Who came late found the near places taken, and its line is long and crosses others. Two names that stand apart change
 * places where that is better for both together.
 */
function untangle(placed: Tried[], ground: (wish: LabelWish, others: readonly Tried[]) => Ground): void {
  for (let i = 1; i < placed.length; i++) {
    for (let j = 0; j < i; j++) {
      const a = placed[i];
      const b = placed[j];
      if (!a?.leader || !b?.leader || Math.max(a.cost, b.cost) < overAnother) continue;
      const others = placed.filter((label) => label !== a && label !== b);
      const pair = (atA: Spot, atB: Spot, limit: number): [Tried, Tried] | null => {
        const one = attempt(a.wish, atA, ground(a.wish, others), limit);
        const two = one && attempt(b.wish, atB, ground(b.wish, [...others, one]), limit - one.cost);
        return two && [one, two];
      };
      const now = pair(a.at, b.at, Infinity);
      const swapped = now && pair(instead(a, b), instead(b, a), now[0].cost + now[1].cost);
      if (swapped) [placed[i], placed[j]] = swapped;
    }
  }
}

/** Once more for each name that stands apart, now that all the others stand. */
function settle(placed: Tried[], ground: (wish: LabelWish, others: readonly Tried[]) => Ground): void {
  for (const [i, one] of placed.entries()) {
    if (one.leader === null || one.cost < overAnother) continue;
    const all = ground(
      one.wish,
      placed.filter((label) => label !== one),
    );
    const now = attempt(one.wish, one.at, all, Infinity);
    const best = cheapest(one.wish, [...around(one.wish), ...alongEdges(one.wish, all.field)], all, now);
    if (best !== null) placed[i] = best;
  }
}

/** Where a name stands in the place of another: with the same end away from the middle. */
function instead({ wish }: Tried, { wish: left, at, box }: Tried): Spot {
  const outward = at.x < left.at.x;
  return { x: outward ? box.left + wish.width / 2 : box.right - wish.width / 2, y: at.y };
}

interface Ground {
  obstacles: readonly Obstacle[];
  field: Field;
  placed: readonly Tried[];
  previous: Spot | undefined;
  /** How far from the wish's place a line to it has to end. */
  rim: number;
}

function bestOf(wish: LabelWish, ground: Ground): Tried | null {
  // The place it has comes first: where that is good, the others are not worth a look.
  const kept = ground.previous === undefined ? null : cheapest(wish, [ground.previous], ground, null);
  let best = cheapest(wish, around(wish), ground, kept);
  if (best === null || best.cost >= overAnother) best = cheapest(wish, alongEdges(wish, ground.field), ground, best);
  return best;
}

function cheapest(wish: LabelWish, spots: readonly Spot[], ground: Ground, best: Tried | null): Tried | null {
  for (const at of spots) {
    const tried = attempt(wish, at, ground, best?.cost ?? Infinity);
    if (tried !== null) best = tried;
  }
  return best;
}

/** What a place costs; null as soon as it is no cheaper than `limit`. */
function attempt(wish: LabelWish, at: Spot, ground: Ground, limit: number): Tried | null {
  const { obstacles, field, placed, previous, rim } = ground;
  const box = boxAt(wish, at);
  let cost = (distance(wish.at, at) / wish.height) * perHeight;
  if (previous !== undefined && distance(previous, at) >= 1) cost += moving;
  if (box.left < 0 || box.top < 0 || box.right > field.width || box.bottom > field.height) cost += offField;
  if (isForeign(wish, at, field.regions)) cost += overAnother;
  if (wish.clear !== undefined && reaches(box, wish.at, wish.clear)) cost += onLabel;
  if (cost >= limit) return null;
  const leader = leaderOf(wish, at, box, rim);
  for (const other of placed) {
    if (touches(box, other.box)) cost += onLabel;
    if (leader !== null && cuts(leader, other.box)) cost += leaderOnLabel;
    if (other.leader !== null && cuts(other.leader, box)) cost += leaderOnLabel;
    if (leader !== null && other.leader !== null && crossing(leader, other.leader)) cost += acrossLeader;
  }
  const span = spanOf(box, leader);
  for (const obstacle of obstacles) {
    if (cost >= limit) return null;
    const { at: centre, radius } = obstacle;
    const far = radius + leaderRoom;
    if (centre.x < span.left - far || centre.x > span.right + far) continue;
    if (centre.y < span.top - far || centre.y > span.bottom + far) continue;
    if (reaches(box, centre, radius) || (leader !== null && passes(leader, obstacle))) cost += obstacle.weight;
  }
  return cost < limit ? { code: wish.code, wish, at, leader, cost, box } : null;
}

/** Whether a name that stood there would stand over the area of another, be it with one of its ends. */
function isForeign({ code, at: home, width }: LabelWish, at: Spot, regions: readonly Region[] = []): boolean {
  const own = regions.find((region) => region.code === code);
  if (own === undefined || at === home || inside(own, at)) return false;
  const ends = [-0.45, 0, 0.45].map((part) => ({ x: at.x + width * part, y: at.y }));
  return regions.some((region) => region !== own && ends.some((end) => inside(region, end)));
}

/** The box around a name and its line. */
function spanOf(box: Box, leader: Leader | null): Box {
  if (leader === null) return box;
  return {
    left: Math.min(box.left, leader.to.x),
    right: Math.max(box.right, leader.to.x),
    top: Math.min(box.top, leader.to.y),
    bottom: Math.max(box.bottom, leader.to.y),
  };
}

/** A line to a place ends at the rim of the marks that stand there. */
function rimOf({ at, clear = 0 }: LabelWish, obstacles: readonly Obstacle[]): number {
  let rim = clear;
  for (const { at: centre, radius } of obstacles) {
    const away = distance(at, centre);
    if (away < radius + leaderRoom) rim = Math.max(rim, away + radius + leaderRoom + 1);
  }
  return rim;
}

/** The line from a name that stands apart to its place. */
function leaderOf(wish: LabelWish, at: Spot, box: Box, rim: number): Leader | null {
  if ((wish.clear ?? 0) === 0 && distance(wish.at, at) <= wish.height * 1.2) return null;
  const from = nearest(box, wish.at);
  const length = distance(from, wish.at);
  if (length <= rim) return null;
  const k = rim / length;
  const to = { x: wish.at.x + (from.x - wish.at.x) * k, y: wish.at.y + (from.y - wish.at.y) * k };
  return { from, to, home: rim === 0 };
}

function passes({ from, to }: Leader, { at, radius }: Obstacle): boolean {
  const dx = to.x - from.x;
  const dy = to.y - from.y;
  const square = dx * dx + dy * dy;
  const t = square === 0 ? 0 : Math.max(0, Math.min(1, ((at.x - from.x) * dx + (at.y - from.y) * dy) / square));
  return distance({ x: from.x + t * dx, y: from.y + t * dy }, at) < radius + leaderRoom;
}

export function crossing(a: Leader, b: Leader): boolean {
  const side = (l: Leader, p: Spot): number =>
    (l.to.x - l.from.x) * (p.y - l.from.y) - (l.to.y - l.from.y) * (p.x - l.from.x);
  return side(a, b.from) * side(a, b.to) < 0 && side(b, a.from) * side(b, a.to) < 0;
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

/** The best place first, then rings around it, nearest first. */
function around({ at, width, height, clear = 0 }: LabelWish): Spot[] {
  const spots: Spot[] = [at];
  for (const ring of [0.75, 1.35, 2, 2.8, 3.8, 5]) {
    for (const [dx, dy] of directions)
      spots.push({
        x: at.x + dx * ((width / 2 + height * 0.4) * ring + clear),
        y: at.y + dy * (height * ring + clear),
      });
  }
  return spots;
}

/** Places at the left and right edge of the map, where there is room beside a province; the nearest first. */
function alongEdges({ at, width, height }: LabelWish, field: Field): Spot[] {
  const spots: Spot[] = [];
  const step = height * 1.15;
  for (let y = height * 0.7; y <= field.height - height * 0.7; y += step)
    spots.push({ x: width / 2 + 4, y }, { x: field.width - width / 2 - 4, y });
  return spots.sort((a, b) => distance(a, at) - distance(b, at));
}
