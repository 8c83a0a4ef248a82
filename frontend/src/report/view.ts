// What of the plain map is in sight: a square of map units that is moved and resized, never out of the map.

export interface View {
  readonly x: number;
  readonly y: number;
  /** The side of the square. */
  readonly side: number;
}

/** How much closer than the whole map one may look. */
const closest = 24;

export interface Sheet {
  readonly width: number;
  readonly height: number;
}

/** The whole map, in the middle of the square. */
export function whole({ width, height }: Sheet): View {
  const side = Math.max(width, height) * 1.04;
  return { x: (width - side) / 2, y: (height - side) / 2, side };
}

/** Closer by a factor (farther below 1) around a point that stays where it is. */
export function zoomed(view: View, sheet: Sheet, factor: number, at = middle(view)): View {
  const all = whole(sheet);
  const side = Math.min(all.side, Math.max(all.side / closest, view.side / factor));
  const scale = side / view.side;
  return held({ x: at.x - (at.x - view.x) * scale, y: at.y - (at.y - view.y) * scale, side }, sheet);
}

/** Moved by map units. */
export function moved(view: View, sheet: Sheet, dx: number, dy: number): View {
  return held({ ...view, x: view.x + dx, y: view.y + dy }, sheet);
}

export function middle({ x, y, side }: View): { x: number; y: number } {
  return { x: x + side / 2, y: y + side / 2 };
}

/** With its middle on the map. */
function held(view: View, sheet: Sheet): View {
  const { x, y } = middle(view);
  const within = (value: number, most: number): number => Math.min(most, Math.max(0, value));
  return { ...view, x: within(x, sheet.width) - view.side / 2, y: within(y, sheet.height) - view.side / 2 };
}
