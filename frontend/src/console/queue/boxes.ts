// Places of a photo to make unreadable: where they lie, and keeping them inside of it. Pixels of the original.
import type { Box } from '../../api/photos';

export interface Size {
  width: number;
  height: number;
}

const least = 8;

/** The box between two corners, inside the photo; null when it is too small to mean anything. */
export function boxBetween(a: { x: number; y: number }, b: { x: number; y: number }, size: Size): Box | null {
  const x = within(Math.min(a.x, b.x), size.width);
  const y = within(Math.min(a.y, b.y), size.height);
  const w = within(Math.max(a.x, b.x), size.width) - x;
  const h = within(Math.max(a.y, b.y), size.height) - y;
  return w < least || h < least ? null : { x, y, w, h };
}

/** A box in the middle, to begin with. */
export function middleBox({ width, height }: Size): Box {
  const w = Math.max(least, Math.round(width / 4));
  const h = Math.max(least, Math.round(height / 8));
  return { x: Math.round((width - w) / 2), y: Math.round((height - h) / 2), w, h };
}

/** What a key does with a box: arrows move it, with Shift they size it. The same box for any other key. */
export function boxByKey(box: Box, key: string, sizing: boolean, size: Size): Box {
  const step = Math.max(1, Math.round(Math.max(size.width, size.height) / 100));
  const dx = key === 'ArrowRight' ? step : key === 'ArrowLeft' ? -step : 0;
  const dy = key === 'ArrowDown' ? step : key === 'ArrowUp' ? -step : 0;
  if (dx === 0 && dy === 0) return box;
  if (sizing) {
    return {
      ...box,
      w: Math.min(size.width - box.x, Math.max(least, box.w + dx)),
      h: Math.min(size.height - box.y, Math.max(least, box.h + dy)),
    };
  }
  return {
    ...box,
    x: Math.min(size.width - box.w, Math.max(0, box.x + dx)),
    y: Math.min(size.height - box.h, Math.max(0, box.y + dy)),
  };
}

const within = (value: number, most: number): number => Math.round(Math.min(most, Math.max(0, value)));
