import { atlasCells, digitShare, drawAtlas, drawOrder, firstDigit, iconSide } from './icons';
import { makeGear, numbersPerPoint, uploadAtlas, uploadPoints, type Gear } from './crowdGear';
import type { Mark, Spot } from './picture';
import type { Sizes } from './sizes';
import { isAlarm, type Project, type Stack } from './stacks';
import type { MapTheme } from './theme';

const firstLoud = drawOrder({ kind: 'report', state: 'attention' });
const digitWidth = 0.62; // of the size of letters

export interface CrowdPicture {
  marks: readonly Mark[];
  /** The alarms, drawn over all, with their counts. */
  stacks: readonly Stack[];
  /** Marks that are alarms are drawn as points too. */
  overflow: boolean;
  size: number;
}

/**
 * Thousands of marks on a canvas of their own over the map, so that nothing of the map is drawn again for them:
 * instanced squares with the icons that the symbols have too, so that a mark looks the same whichever way it is drawn.
 * The camera does not move, so places are kept in pixels; `fit` has them made anew. A lost context is drawn again when
 * it comes back.
 */
export class Crowd {
  readonly #canvas = document.createElement('canvas');
  readonly #project: Project;
  readonly #theme: MapTheme;
  #gear: Gear | null = null;
  #numbers = new Float32Array(0);
  #held: (Mark | undefined)[] = [];
  #picture: CrowdPicture | null = null;
  /** The points that the buffer does not hold yet. */
  #dirty = { from: Infinity, to: 0 };
  #sizes: Sizes;
  #atlasScale = 0;

  constructor(container: HTMLElement, project: Project, look: { theme: MapTheme; sizes: Sizes }) {
    this.#project = project;
    this.#theme = look.theme;
    this.#sizes = look.sizes;
    this.#canvas.className = 'crowd';
    this.#canvas.hidden = true;
    container.append(this.#canvas);
    this.#canvas.addEventListener('webglcontextlost', (event) => {
      event.preventDefault(); // or it never comes back
      this.#gear = null;
    });
    this.#canvas.addEventListener('webglcontextrestored', () => {
      if (this.#picture !== null) this.show(this.#picture);
    });
  }

  get empty(): boolean {
    return this.#picture === null;
  }

  show(picture: CrowdPicture): void {
    const { marks, overflow } = picture;
    if (overflow !== this.#picture?.overflow) this.#held = [];
    this.#picture = picture;
    this.#makeRoom(marks.length);
    for (let i = 0; i < marks.length; i++) {
      const mark = marks[i];
      if (mark !== undefined && this.#held[i] !== mark) this.#set(i, mark, overflow || !isAlarm(mark));
    }
    this.#held.length = marks.length;
    this.#canvas.hidden = false;
    this.#render(picture);
  }

  clear(): void {
    this.#picture = null;
    this.#held = [];
    this.#canvas.hidden = true;
  }

  /** The map's size changed, or that of its signs: the next show asks for every place again. */
  fit(view: { width: number; height: number }, sizes: Sizes): void {
    const ratio = Math.min(2, window.devicePixelRatio);
    this.#canvas.width = Math.round(view.width * ratio);
    this.#canvas.height = Math.round(view.height * ratio);
    this.#canvas.style.width = `${String(view.width)}px`;
    this.#canvas.style.height = `${String(view.height)}px`;
    this.#sizes = sizes;
    this.#held = [];
  }

  remove(): void {
    this.#gear?.gl.getExtension('WEBGL_lose_context')?.loseContext();
    this.#canvas.remove();
  }

  #makeRoom(count: number): void {
    if (count * numbersPerPoint <= this.#numbers.length) return;
    const roomier = new Float32Array(Math.ceil(count * 1.25) * numbersPerPoint);
    roomier.set(this.#numbers);
    this.#numbers = roomier;
  }

  #set(i: number, mark: Mark, shown: boolean): void {
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
    this.#numbers[n + 3] = shown ? iconSide(mark) : 0;
    this.#dirty = { from: Math.min(this.#dirty.from, i), to: Math.max(this.#dirty.to, i + 1) };
  }

  #render({ marks, stacks, size }: CrowdPicture): void {
    const gear = (this.#gear ??= this.#start());
    if (gear === null) return;
    const { gl, uniforms } = gear;
    const scale = size * this.#sizes.scale;
    const points = stackPoints(stacks, scale, this.#sizes.countPx);
    this.#upload(gear, points);
    gl.viewport(0, 0, this.#canvas.width, this.#canvas.height);
    gl.clear(gl.COLOR_BUFFER_BIT);
    gl.useProgram(gear.program);
    gl.uniform2f(uniforms.view, this.#canvas.clientWidth, this.#canvas.clientHeight);
    gl.uniform1f(uniforms.cells, atlasCells);
    gl.uniform1f(uniforms.size, scale);
    // The quiet, then what asks for attention, then the alarms with their counts.
    gl.bindVertexArray(gear.marks.vertices);
    for (const [from, to] of [
      [0, firstLoud],
      [firstLoud, firstDigit],
    ] as const) {
      gl.uniform2f(uniforms.pass, from, to);
      gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, marks.length);
    }
    gl.uniform2f(uniforms.pass, 0, atlasCells);
    gl.bindVertexArray(gear.stacks.vertices);
    gl.drawArraysInstanced(gl.TRIANGLE_STRIP, 0, 4, points.length / numbersPerPoint);
    gl.bindVertexArray(null);
  }

  #start(): Gear | null {
    const gl = this.#canvas.getContext('webgl2', { antialias: false, depth: false, stencil: false });
    this.#atlasScale = 0;
    this.#dirty = { from: 0, to: this.#held.length };
    return gl === null || gl.isContextLost() ? null : makeGear(gl);
  }

  #upload(gear: Gear, stacks: Float32Array): void {
    const { scale } = this.#sizes;
    if (this.#atlasScale !== scale) {
      this.#atlasScale = scale;
      uploadAtlas(gear, drawAtlas(this.#theme, scale * Math.min(2, window.devicePixelRatio)));
    }
    if (this.#dirty.to > 0) uploadPoints(gear, gear.marks, this.#numbers, [this.#dirty.from, this.#dirty.to]);
    uploadPoints(gear, gear.stacks, stacks, [0, stacks.length / numbersPerPoint]);
    this.#dirty = { from: Infinity, to: 0 };
  }
}

/** The icons of stacks, the worst last, each followed by the digits of its count. */
function stackPoints(stacks: readonly Stack[], scale: number, countPx: number): Float32Array {
  const numbers: number[] = [];
  const point = ({ x, y }: Spot, cell: number, side: number): number => numbers.push(x, y, cell, side);
  for (const stack of [...stacks].sort((a, b) => drawOrder(a) - drawOrder(b))) {
    const side = iconSide(stack);
    point(stack.at, drawOrder(stack), side);
    if (stack.count < 2 || countPx === 0) continue;
    let x = stack.at.x + (side / 2) * scale + countPx * digitWidth * 0.55;
    for (const digit of String(stack.count)) {
      point({ x, y: stack.at.y }, firstDigit + Number(digit), countPx / digitShare / scale);
      x += countPx * digitWidth;
    }
  }
  return new Float32Array(numbers);
}

function same(a: Mark, b: Mark): boolean {
  return a.lon === b.lon && a.lat === b.lat && a.state === b.state && a.kind === b.kind;
}
