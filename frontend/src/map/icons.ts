import { rank, type Shown } from '../rules/state';
import { sensorFrame, shapes } from '../ui/shapes';
import type { Mark } from './picture';
import type { MapTheme } from './theme';

const states: readonly Shown[] = ['normal', 'unknown', 'attention', 'warning', 'critical'];
const kinds: readonly Mark['kind'][] = ['report', 'sensor'];

/** The side of an icon's box at 1080 lines. */
const side: Record<Shown, number> = { normal: 16, unknown: 22, attention: 22, warning: 28, critical: 34 };
const quietSensorSide = 18;
const sensorSide = 26;

export function iconName({ kind, state }: Pick<Mark, 'kind' | 'state'>): string {
  return `${kind}-${state}`;
}

/** The side of a mark's icon in pixels at 1080 lines. */
export function iconSide({ kind, state }: Pick<Mark, 'kind' | 'state'>): number {
  if (kind === 'report') return side[state];
  return state === 'normal' ? quietSensorSide : Math.max(sensorSide, side[state]);
}

/** How much smaller marks are drawn when many need attention at once, so that they do not bury each other. */
export function crowding(marks: readonly Pick<Mark, 'state'>[]): number {
  const alarms = marks.filter(({ state }) => rank(state) >= rank('warning')).length;
  if (alarms > 160) return 0.6;
  return alarms > 60 ? 0.78 : 1;
}

/** Alarms are drawn last, over everything. */
export function drawOrder({ kind, state }: Pick<Mark, 'kind' | 'state'>): number {
  return rank(state) * 2 + (kind === 'sensor' ? 1 : 0);
}

/** Draws every icon at `pixels` times its size. */
export function drawIcons(theme: MapTheme, pixels: number): { name: string; image: ImageData }[] {
  return kinds.flatMap((kind) =>
    states.map((state) => ({ name: iconName({ kind, state }), image: drawIcon({ kind, state }, theme, pixels) })),
  );
}

function drawIcon(mark: Pick<Mark, 'kind' | 'state'>, theme: MapTheme, pixels: number): ImageData {
  const size = Math.max(4, Math.round(iconSide(mark) * pixels));
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = size;
  const pen = canvas.getContext('2d');
  if (pen === null) return new ImageData(size, size);
  pen.scale(size / 24, size / 24);
  pen.lineJoin = 'round';
  if (mark.kind === 'sensor') drawSensor(pen, mark.state, theme);
  else drawState(pen, mark.state, theme);
  return pen.getImageData(0, 0, size, size);
}

// The dark rim keeps every shape apart from the area's colour behind it.
function drawState(pen: CanvasRenderingContext2D, state: Shown, theme: MapTheme): void {
  const path = new Path2D(shapes[state]);
  pen.strokeStyle = theme.ground;
  pen.lineWidth = 3;
  pen.stroke(path);
  pen.fillStyle = theme.states[state];
  pen.fill(path);
  if (state === 'unknown') hatch(pen, path, theme.ground);
}

function drawSensor(pen: CanvasRenderingContext2D, state: Shown, theme: MapTheme): void {
  const frame = new Path2D(sensorFrame);
  pen.fillStyle = theme.ground;
  pen.fill(frame);
  pen.strokeStyle = theme.states[state];
  pen.lineWidth = 2;
  if (state === 'unknown') pen.setLineDash([3, 2.4]);
  pen.stroke(frame);
  pen.setLineDash([]);
  pen.translate(12, 12);
  pen.scale(0.6, 0.6);
  pen.translate(-12, -12);
  pen.fillStyle = theme.states[state];
  if (state === 'unknown') question(pen);
  else pen.fill(new Path2D(shapes[state]));
}

function hatch(pen: CanvasRenderingContext2D, inside: Path2D, colour: string): void {
  pen.save();
  pen.clip(inside);
  pen.strokeStyle = colour;
  pen.lineWidth = 2;
  for (let x = -24; x < 24; x += 6) {
    pen.beginPath();
    pen.moveTo(x, 24);
    pen.lineTo(x + 24, 0);
    pen.stroke();
  }
  pen.restore();
}

function question(pen: CanvasRenderingContext2D): void {
  pen.font = '600 24px "Be Vietnam Pro", sans-serif';
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  pen.fillText('?', 12, 13);
}
