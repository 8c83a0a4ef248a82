// Whether a scene can be read from the farthest seat; the same rule as server/scene, held equal by golden cases.
import { densities, type Density, type PartType, type Scene } from './scene';

/** Minutes of arc of a capital letter: Vietnamese stacks two marks on a letter and needs more than digits do. */
export const wordsArcmin = 20;
export const digitsArcmin = 16;

/** The height of a capital letter of Be Vietnam Pro in em. */
export const capHeight = 0.7;
const lines = 1080;
const remPx = 16;

/** A wall in its room: the height of its picture and the distance of its farthest seat. */
export interface Panel {
  heightMm: number;
  viewingMm: number;
}

/** What is assumed where nothing is set: one screen of 55 inches seen from 5 m. */
export const defaultPanel: Panel = { heightMm: 685, viewingMm: 5000 };

// Every other text is words. The credit line of the map has no role: it is a duty towards the source of the
// boundaries, and nobody in the room acts upon it.
const digitRoles: ReadonlySet<string> = new Set(['clock', 'number', 'time', 'tick']);

export const arcminOf = (role: string): number => (digitRoles.has(role) ? digitsArcmin : wordsArcmin);

/** How high something must be, in mm, to be seen under so many minutes of arc. */
export function heightOf(arcmin: number, distanceMm: number): number {
  return 2 * distanceMm * Math.tan(((arcmin / 60) * Math.PI) / 180 / 2);
}

/** The least font size, in px at 1080 lines, whose capitals keep so many minutes at the farthest seat. */
export function neededPx(arcmin: number, { heightMm, viewingMm }: Panel): number {
  return ((heightOf(arcmin, viewingMm) / capHeight) * lines) / heightMm;
}

export interface TooSmall {
  density: Density;
  part: string;
  type: PartType;
  role: string;
  px: number;
  needPx: number;
}

/** The text of a scene that falls furthest short of the rule; null when every one keeps it. */
export function tooSmall(scene: Scene, density: Density, panel: Panel): TooSmall | null {
  let worst: TooSmall | null = null;
  for (const { id, type } of scene.parts) {
    const roles = Object.entries(scene.densities[density]?.text[id] ?? {}).sort(([a], [b]) => (a < b ? -1 : 1));
    for (const [role, rem] of roles) {
      const px = rem * remPx;
      const needPx = neededPx(arcminOf(role), panel);
      const short = px < needPx && (worst === null || px / needPx < worst.px / worst.needPx);
      if (short) worst = { density, part: id, type, role, px, needPx };
    }
  }
  return worst;
}

/** The densest layout that can be read on a panel, or what is too small even in the least dense one. */
export function densest(scene: Scene, panel: Panel): Density | TooSmall {
  let last: TooSmall | null = null;
  for (const density of densities) {
    last = tooSmall(scene, density, panel);
    if (last === null) return density;
  }
  return last ?? 'far';
}
