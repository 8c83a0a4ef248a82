import { stepOf } from '../rules/choropleth';
import { shapes as stateShapes, sensorFrame } from '../ui/shapes';
import type { Arranged } from './arrange';
import { boundsOf, lines, shapeToFit } from './geometry';
import { drawOrder, iconSide, isAlarmMark } from './icons';
import { fit } from './mercator';
import { pathOf } from './names';
import type { MapDrawing, MapShapes, Spot } from './picture';
import type { Sizes } from './sizes';
import type { Project, Stack } from './stacks';
import type { SvgBase } from './svgBase';

const namespace = 'http://www.w3.org/2000/svg';
const padding = 14;

/** So many marks SVG draws without falling behind; of more, the most important are drawn. */
const mostMarks = 600;

/**
 * The map as plain SVG, for machines without WebGL: the same colours and marks, styled by its page, over the drawing of
 * the server where there is one and over the shapes otherwise.
 */
export class SvgMap implements MapDrawing {
  readonly #container: HTMLElement;
  readonly #shapes: MapShapes;
  readonly #svg = element('svg', { class: 'svg-map', 'aria-hidden': 'true' });
  readonly #marks = element('g', {});
  readonly #base: SvgBase | null;
  #communes = new Map<string, SVGElement>();
  #project: Project = () => ({ x: 0, y: 0 });
  #sizes: Sizes;
  #wanted: Arranged | null = null;
  #frame = 0;
  #coming: Promise<void> | null = null;

  constructor(
    container: HTMLElement,
    setting: { shapes: MapShapes; sizes: Sizes; area: string },
    base: SvgBase | null,
  ) {
    this.#container = container;
    this.#shapes = setting.shapes;
    this.#sizes = setting.sizes;
    this.#base = base;
    container.append(this.#svg);
    this.resize(setting.sizes, setting.area);
  }

  draw(arranged: Arranged): Promise<void> {
    this.#wanted = arranged;
    this.#coming ??= new Promise((done) => {
      this.#frame = requestAnimationFrame(() => {
        this.#coming = null;
        this.#paint();
        done();
      });
    });
    return this.#coming;
  }

  project(lon: number, lat: number): Spot {
    return this.#project(lon, lat);
  }

  resize(sizes: Sizes, area: string): void {
    this.#sizes = sizes;
    const { clientWidth: width, clientHeight: height } = this.#container;
    this.#svg.setAttribute('viewBox', `0 0 ${String(width)} ${String(height)}`);
    this.#communes.clear();
    const drawn = this.#base === null ? this.#own(area, width, height) : this.#fromServer(this.#base, width, height);
    this.#svg.replaceChildren(...drawn, this.#marks);
    this.#paint();
  }

  remove(): void {
    cancelAnimationFrame(this.#frame);
    this.#svg.remove();
  }

  #fromServer(base: SvgBase, width: number, height: number): SVGElement[] {
    const room = padding * this.#sizes.scale;
    const scale = Math.max(0, Math.min((width - 2 * room) / base.width, (height - 2 * room) / base.height));
    const x = (width - base.width * scale) / 2 - base.left * scale;
    const y = (height - base.height * scale) / 2 - base.top * scale;
    this.#project = (lon, lat) => {
      const at = base.project(lon, lat);
      return { x: x + at.x * scale, y: y + at.y * scale };
    };
    const group = element('g', { transform: `translate(${String(x)} ${String(y)}) scale(${String(scale)})` });
    group.append(...base.shapes);
    for (const shape of base.shapes) {
      const code = shape.getAttribute('data-code');
      if (code !== null) this.#communes.set(code, shape);
    }
    return [group];
  }

  #own(area: string, width: number, height: number): SVGElement[] {
    const shape = shapeToFit(this.#shapes, area);
    const box = shape === null ? null : boundsOf(shape);
    if (box !== null) this.#project = fit(box, width, height, padding * this.#sizes.scale);
    return (['communes', 'districts', 'province'] as const).flatMap((name) => this.#layer(name));
  }

  #layer(name: keyof MapShapes): SVGElement[] {
    return (this.#shapes[name]?.features.features ?? []).map((feature) => {
      const path = element('path', { class: name, d: pathOf(lines(feature.geometry), this.#project) });
      if (name === 'communes') this.#communes.set(String(feature.properties?.['code']), path);
      return path;
    });
  }

  #paint(): void {
    if (this.#wanted === null) return;
    const { counts, stacks, size } = this.#wanted;
    for (const [code, path] of this.#communes)
      path.setAttribute('class', `communes step${String(stepOf(counts.get(code) ?? 0))}`);
    const ordered = [...stacks].sort((a, b) => drawOrder(a) - drawOrder(b)).slice(-mostMarks);
    this.#marks.replaceChildren(...ordered.flatMap((stack) => this.#mark(stack, size * this.#sizes.scale)));
  }

  #mark(stack: Stack, size: number): SVGElement[] {
    const { x, y } = this.#project(stack.lon, stack.lat);
    const k = (iconSide(stack) * size) / 24;
    const group = element('g', {
      class: `mark ${stack.kind} ${stack.state}`,
      transform: `translate(${String(x)} ${String(y)}) scale(${String(k)}) translate(-12 -12)`,
    });
    const inner = element('path', { class: 'shape', d: stateShapes[stack.state] });
    if (stack.kind === 'sensor') {
      inner.setAttribute('transform', 'translate(12 12) scale(.6) translate(-12 -12)');
      group.append(element('path', { class: 'frame', d: sensorFrame }));
    } else if (isAlarmMark(stack.kind)) {
      const small = 'translate(12 12) scale(.8) translate(-12 -12)';
      inner.setAttribute('transform', small);
      group.append(element('path', { class: 'rim', d: stateShapes[stack.state], transform: small }));
    }
    group.append(inner);
    return stack.count < 2 || this.#sizes.countPx === 0
      ? [group]
      : [group, this.#count(stack.count, { x: x + 12 * k, y })];
  }

  #count(count: number, { x, y }: Spot): SVGElement {
    const { countPx, scale } = this.#sizes;
    const text = element('text', {
      class: 'count',
      x: String(x + countPx * 0.05),
      y: String(y),
      'font-size': String(countPx),
      'stroke-width': String(5 * scale),
    });
    text.textContent = String(count);
    return text;
  }
}

function element(name: string, attributes: Record<string, string>): SVGElement {
  const made = document.createElementNS(namespace, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
