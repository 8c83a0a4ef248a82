// Which scene a wall draws, how dense and in which shape, or why it may not. Pure.
import { capHeight, defaultPanel, densest, tooSmall, type Panel, type TooSmall } from '../rules/legibility';
import { asDensity, shapeOf, type Density, type Grid, type Layout, type Scene, type Shape } from '../rules/scene';
import { ordinaryScene, type ScreenState } from '../wire/screen';

/** What somebody who only looks asks for in the address; it is not held to the rule of legibility. */
export interface Glance {
  scene: string;
  density: Density | null;
}

export function readGlance(search: string): Glance {
  const query = new URLSearchParams(search);
  return { scene: query.get('canh') ?? '', density: asDensity(query.get('mat-do') ?? '') };
}

/** The page in CSS px, and how large its root font is. */
export interface PageSize {
  width: number;
  height: number;
  rem: number;
}

export interface Chosen {
  kind: 'scene';
  scene: Scene;
  density: Density;
  shape: Shape;
  layout: Layout;
  grid: Grid;
  /** The scene that was asked for where this page does not know it; empty else. */
  unknown: string;
}

export interface Refused {
  kind: 'refused';
  scene: Scene;
  panel: Panel;
  small: TooSmall;
}

const remAt1080 = 16;
const lines = 1080;

export function panelOf({ panelMm, viewingMm }: Pick<ScreenState, 'panelMm' | 'viewingMm'>): Panel {
  return { heightMm: panelMm ?? defaultPanel.heightMm, viewingMm: viewingMm ?? defaultPanel.viewingMm };
}

/**
 * Chooses for a screen; null when there is no scene at all. A page higher than wide scrolls and is read in the
 * hand, so it shows the near layout and is not measured by the farthest seat.
 */
export function choose(
  scenes: readonly Scene[],
  state: ScreenState,
  glance: Glance,
  size: PageSize,
): Chosen | Refused | null {
  const asked = glance.scene === '' ? state.scene : glance.scene;
  const scene = scenes.find(({ id }) => id === asked) ?? scenes.find(({ id }) => id === ordinaryScene) ?? scenes[0];
  if (scene === undefined) return null;
  const shape = shapeOf(size.width, size.height);
  const fixed = glance.density ?? (state.density === 'auto' ? null : state.density);
  const panel = panelOf(state);
  const density = shape === 'tall' ? (fixed ?? 'near') : (glance.density ?? legible(scene, fixed, seen(panel, size)));
  if (typeof density !== 'string') return { kind: 'refused', scene, panel, small: density };
  const layout = scene.densities[density];
  const grid = layout?.shapes[shape];
  if (layout === undefined || grid === undefined) return null;
  return { kind: 'scene', scene, density, shape, layout, grid, unknown: scene.id === asked ? '' : asked };
}

function legible(scene: Scene, density: Density | null, panel: Panel): Density | TooSmall {
  return density === null ? densest(scene, panel) : (tooSmall(scene, density, panel) ?? density);
}

/** The panel as it counts for text: on one that is less wide than 16:9 the root font is smaller than its height allows. */
function seen(panel: Panel, { height, rem }: PageSize): Panel {
  return { ...panel, heightMm: panel.heightMm * Math.min(1, (rem / height) * (lines / remAt1080)) };
}

/** The height of a capital in mm for a size in px at 1080 lines, for the words of a refusal. */
export function capMm(px: number, panel: Panel): number {
  return (px * capHeight * panel.heightMm) / lines;
}
