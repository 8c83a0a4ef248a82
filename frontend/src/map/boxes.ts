// Boxes, points and lines in pixels.
import type { Spot } from './picture';

export interface Box {
  left: number;
  top: number;
  right: number;
  bottom: number;
}

export function boxAt({ width, height }: { width: number; height: number }, { x, y }: Spot): Box {
  return { left: x - width / 2, right: x + width / 2, top: y - height / 2, bottom: y + height / 2 };
}

export function touches(a: Box, b: Box): boolean {
  return a.left < b.right && b.left < a.right && a.top < b.bottom && b.top < a.bottom;
}

/** True when a circle reaches into the box. */
export function reaches(box: Box, centre: Spot, radius: number): boolean {
  return distance(centre, nearest(box, centre)) < radius;
}

/** The point of a box that lies nearest. */
export function nearest(box: Box, { x, y }: Spot): Spot {
  return { x: Math.max(box.left, Math.min(x, box.right)), y: Math.max(box.top, Math.min(y, box.bottom)) };
}

/** Not by Math.hypot, whose care for numbers larger than any screen costs more than all else in placing names. */
export function distance(a: Spot, b: Spot): number {
  const dx = a.x - b.x;
  const dy = a.y - b.y;
  return Math.sqrt(dx * dx + dy * dy);
}

/** True when a line runs through a box (Liang and Barsky's clipping). */
export function cuts({ from, to }: { from: Spot; to: Spot }, box: Box): boolean {
  let enter = 0;
  let leave = 1;
  const edges = [
    [from.x - to.x, from.x - box.left],
    [to.x - from.x, box.right - from.x],
    [from.y - to.y, from.y - box.top],
    [to.y - from.y, box.bottom - from.y],
  ] as const;
  for (const [slope, room] of edges) {
    if (slope === 0) {
      if (room < 0) return false;
    } else if (slope < 0) enter = Math.max(enter, room / slope);
    else leave = Math.min(leave, room / slope);
  }
  return enter < leave;
}
