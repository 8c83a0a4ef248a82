import type { CustomLayerInterface } from 'maplibre-gl';
import { atlasCells, drawAtlas, drawOrder, iconSide } from './icons';
import type { Mark } from './picture';
import { dropGear, makeGear, numbersPerPoint, uploadAtlas, type Gear } from './pointGear';
import { isAlarm, type Project } from './stacks';
import type { MapTheme } from './theme';

const bytesPerPoint = numbersPerPoint * 4;
const firstLoud = drawOrder({ kind: 'report', state: 'attention' });

/** The quiet first, whatever asks for attention over them. */
const passes = [
  [0, firstLoud],
  [firstLoud, atlasCells],
] as const;

/**
 * Thousands of marks in two draw calls: instanced squares with the icons that the symbols have too, so that a mark
 * looks the same whichever way it is drawn. The camera does not move, so places are kept in pixels; `reproject`
 * has them made anew.
 */
export class PointLayer implements CustomLayerInterface {
  readonly id = 'crowd';
  readonly type = 'custom';
  readonly #project: Project;
  readonly #theme: MapTheme;
  #gear: Gear | null = null;
  #numbers = new Float32Array(0);
  #held: (Mark | undefined)[] = [];
  #count = 0;
  /** The points that the buffer does not hold yet. */
  #dirty = { from: Infinity, to: 0 };
  #bufferBytes = 0;
  #size = 1;
  #withAlarms = false;
  #scale: number;
  #atlasScale = 0;
  #view = { width: 1, height: 1 };

  constructor(project: Project, theme: MapTheme, scale: number) {
    this.#project = project;
    this.#theme = theme;
    this.#scale = scale;
  }

  get empty(): boolean {
    return this.#count === 0;
  }

  /** Shows these marks, their icons `size` times as large; true when something changed. */
  show(marks: readonly Mark[], size: number, withAlarms: boolean): boolean {
    const same = this.#count === marks.length && this.#size === size;
    this.#size = size;
    if (withAlarms !== this.#withAlarms) this.#held = [];
    this.#withAlarms = withAlarms;
    this.#makeRoom(marks.length);
    for (let i = 0; i < marks.length; i++) {
      const mark = marks[i];
      if (mark !== undefined && this.#held[i] !== mark) this.#set(i, mark);
    }
    this.#count = this.#held.length = marks.length;
    return !same || this.#dirty.to > 0;
  }

  clear(): void {
    this.#count = 0;
    this.#held = [];
  }

  /** The map's size changed, or that of its text: every place is asked for again by the next show. */
  reproject(view: { width: number; height: number }, scale: number): void {
    this.#view = view;
    this.#scale = scale;
    this.#held = [];
  }

  onAdd(_map: unknown, gl: WebGL2RenderingContext): void {
    this.#gear = makeGear(gl);
    this.#atlasScale = 0;
    this.#bufferBytes = 0;
    this.#dirty = { from: 0, to: this.#count };
  }

  onRemove(): void {
    if (this.#gear !== null) dropGear(this.#gear);
    this.#gear = null;
  }

  render(): void {
    const gear = this.#gear;
    if (gear === null || this.#count === 0) return;
    const { gl, uniforms } = gear;
    this.#upload(gear);
    gl.useProgram(gear.program);
    gl.bindVertexArray(gear.vertices);
    gl.activeTexture(gl.TEXTURE0);
    gl.bindTexture(gl.TEXTURE_2D, gear.texture);
    gl.uniform2f(uniforms.view, this.#view.width, this.#view.height);
    gl.uniform1f(uniforms.cells, atlasCells);
    gl.uniform1f(uniforms.size, this.#size * this.#scale);
    for (const [from, to] of passes) {
      gl.uniform2f(uniforms.pass, from, to);
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, this.#count);
    }
    gl.bindVertexArray(null);
  }

  #makeRoom(count: number): void {
    if (count * numbersPerPoint <= this.#numbers.length) return;
    const roomier = new Float32Array(Math.ceil(count * 1.25) * numbersPerPoint);
    roomier.set(this.#numbers);
    this.#numbers = roomier;
  }

  #set(i: number, mark: Mark): void {
    const held = this.#held[i];
    this.#held[i] = mark;
    if (held !== undefined && same(held, mark)) return;
    const n = i * numbersPerPoint;
    if (held?.lon !== mark.lon || held.lat !== mark.lat) {
      const { x, y } = this.#project(mark.lon, mark.lat);
      this.#numbers[n] = x;
      this.#numbers[n + 1] = y;
    }
    this.#numbers[n + 2] = drawOrder(mark);
    this.#numbers[n + 3] = this.#withAlarms || !isAlarm(mark) ? iconSide(mark) : 0;
    this.#dirty = { from: Math.min(this.#dirty.from, i), to: Math.max(this.#dirty.to, i + 1) };
  }

  #upload(gear: Gear): void {
    const { gl, points } = gear;
    if (this.#atlasScale !== this.#scale) {
      this.#atlasScale = this.#scale;
      uploadAtlas(gear, drawAtlas(this.#theme, this.#scale * Math.min(2, window.devicePixelRatio)));
    }
    const { from, to } = this.#dirty;
    if (to === 0) return;
    gl.bindBuffer(gl.ARRAY_BUFFER, points);
    // Remembered and not asked for: a question to the graphics process waits for all it has to draw.
    if (this.#bufferBytes === this.#numbers.byteLength) {
      const part = this.#numbers.subarray(from * numbersPerPoint, to * numbersPerPoint);
      gl.bufferSubData(gl.ARRAY_BUFFER, from * bytesPerPoint, part);
    } else {
      gl.bufferData(gl.ARRAY_BUFFER, this.#numbers, gl.DYNAMIC_DRAW);
      this.#bufferBytes = this.#numbers.byteLength;
    }
    this.#dirty = { from: Infinity, to: 0 };
  }
}

function same(a: Mark, b: Mark): boolean {
  return a.lon === b.lon && a.lat === b.lat && a.state === b.state && a.kind === b.kind;
}
