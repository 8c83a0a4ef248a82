import { rank, type Shown } from '../rules/state';
import { sensorFrame, shapes } from '../ui/shapes';
import { alarmMarks } from '../rules/scales';
import type { AlarmMark, Mark, MarkKind } from './picture';
import type { MapTheme } from './theme';

const states: readonly Shown[] = ['normal', 'unknown', 'attention', 'warning', 'critical'];
const alarmKinds: readonly AlarmMark[] = ['alarm-cleared', 'alarm-acked', 'alarm-unacked'];
const kinds: readonly MarkKind[] = ['report', 'sensor', ...alarmKinds];
const plainKinds = kinds.length - alarmKinds.length;

/** What an operator has to answer. */
export const isAlarmMark = (kind: MarkKind): kind is AlarmMark => (alarmKinds as readonly MarkKind[]).includes(kind);

/** The side of an icon's box at 1080 lines. */
const side: Record<Shown, number> = { normal: 16, unknown: 22, attention: 22, warning: 28, critical: 34 };
const quietSensorSide = 18;
const sensorSide = 26;
/** What an alarm's bright rim adds all round. */
const rim = 3;

export function iconName({ kind, state }: Pick<Mark, 'kind' | 'state'>): string {
  return `${kind}-${state}`;
}

/** The side of a mark's icon in pixels at 1080 lines. */
export function iconSide({ kind, state }: Pick<Mark, 'kind' | 'state'>): number {
  if (kind === 'report') return side[state];
  if (isAlarmMark(kind)) return side[state] + 2 * rim;
  return state === 'normal' ? quietSensorSide : Math.max(sensorSide, side[state]);
}

/** How much smaller marks are drawn when there are many, so that they do not bury each other. */
export function crowding(alarms: number, all: number): number {
  const byAlarms = alarms > 160 ? 0.6 : alarms > 60 ? 0.78 : 1;
  const byAll = all > 20_000 ? 0.5 : all > 5000 ? 0.7 : 1;
  return Math.min(byAlarms, byAll);
}

/** What an operator has to answer is drawn last, over everything; of the rest, what is worst. */
export function drawOrder({ kind, state }: Pick<Mark, 'kind' | 'state'>): number {
  const within = kinds.indexOf(kind);
  if (within < plainKinds) return rank(state) * plainKinds + within;
  return states.length * plainKinds + rank(state) * alarmKinds.length + within - plainKinds;
}

const marks = states.flatMap((state) => kinds.map((kind) => ({ kind, state })));

/** Draws every icon at `pixels` times its size. */
export function drawIcons(theme: MapTheme, pixels: number): { name: string; image: ImageData }[] {
  return marks.map((mark) => {
    const side = Math.max(4, Math.round(iconSide(mark) * pixels));
    // Read back at once: without the word for it that would wait for all the graphics have to draw.
    const { canvas, pen } = canvasOf(side, side, { willReadFrequently: true });
    drawIcon(pen, mark, theme, side);
    return { name: iconName(mark), image: pen?.getImageData(0, 0, canvas.width, canvas.height) ?? new ImageData(1, 1) };
  });
}

/** The first digit's place in an atlas; an icon's is its drawOrder. */
export const firstDigit = states.length * kinds.length;
export const atlasCells = firstDigit + 10;

/** The size of a digit's letters in its square of an atlas. */
export const digitShare = 0.7;

/** All icons and digits in one row of squares, for a texture. */
export function drawAtlas(theme: MapTheme, pixels: number): HTMLCanvasElement {
  const side = Math.max(16, Math.round(iconSide({ kind: 'report', state: 'critical' }) * pixels));
  const { canvas, pen } = canvasOf(side * atlasCells, side);
  for (const mark of marks) {
    pen?.save();
    pen?.translate(drawOrder(mark) * side, 0);
    drawIcon(pen, mark, theme, side);
    pen?.restore();
  }
  for (let digit = 0; digit < 10; digit++) drawDigit(pen, digit, theme, side);
  return canvas;
}

function drawDigit(pen: Pen | null, digit: number, theme: MapTheme, side: number): void {
  if (pen === null) return;
  pen.font = `600 ${String(side * digitShare)}px "Be Vietnam Pro", sans-serif`;
  pen.textAlign = 'center';
  pen.textBaseline = 'middle';
  pen.lineJoin = 'round';
  pen.lineWidth = side * 0.18;
  pen.strokeStyle = theme.ground;
  pen.fillStyle = theme.text;
  const x = (firstDigit + digit + 0.5) * side;
  pen.strokeText(String(digit), x, side * 0.53);
  pen.fillText(String(digit), x, side * 0.53);
}

function canvasOf(
  width: number,
  height: number,
  setting?: CanvasRenderingContext2DSettings,
): { canvas: HTMLCanvasElement; pen: CanvasRenderingContext2D | null } {
  const canvas = document.createElement('canvas');
  canvas.width = width;
  canvas.height = height;
  return { canvas, pen: canvas.getContext('2d', setting) };
}

type Pen = CanvasRenderingContext2D;

function drawIcon(pen: Pen | null, mark: Pick<Mark, 'kind' | 'state'>, theme: MapTheme, side: number): void {
  if (pen === null) return;
  pen.save();
  pen.scale(side / 24, side / 24);
  pen.lineJoin = 'round';
  if (mark.kind === 'sensor') drawSensor(pen, mark.state, theme);
  else if (isAlarmMark(mark.kind)) drawAlarm(pen, mark.kind, mark.state, theme);
  else drawState(pen, mark.state, theme);
  pen.restore();
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

// A bright rim, which nothing else has. Filled, outlined or dashed as the one table says.
function drawAlarm(pen: CanvasRenderingContext2D, kind: AlarmMark, state: Shown, theme: MapTheme): void {
  pen.translate(12, 12);
  pen.scale(0.8, 0.8);
  pen.translate(-12, -12);
  const path = new Path2D(shapes[state]);
  pen.lineWidth = 6;
  pen.strokeStyle = theme.text;
  pen.stroke(path);
  const look = alarmMarks[kind.slice('alarm-'.length) as keyof typeof alarmMarks];
  pen.fillStyle = look === 'filled' ? theme.states[state] : theme.ground;
  pen.fill(path);
  if (look === 'filled') return;
  pen.clip(path);
  pen.strokeStyle = theme.states[state];
  pen.lineWidth = 9;
  if (look === 'dashed') pen.setLineDash([5, 4]);
  pen.stroke(path);
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
