import type { Position } from 'geojson';
import { stepOf } from '../rules/choropleth';
import { shapes as stateShapes, sensorFrame } from '../ui/shapes';
import { boundsOf, lines } from './geometry';
import { crowding, drawOrder, iconSide } from './icons';
import { fit } from './mercator';
import type { MapDrawing, MapPicture, MapShapes, Mark, Spot } from './picture';

const namespace = 'http://www.w3.org/2000/svg';
const padding = 14;

/** So many marks SVG draws without falling behind; of more, the most important are drawn. */
const mostMarks = 600;

type Project = (lon: number, lat: number) => Spot;

/** The map as plain SVG, for machines without WebGL: the same shapes, colours and marks, styled by its page. */
export class SvgMap implements MapDrawing {
  readonly #container: HTMLElement;
  readonly #shapes: MapShapes;
  readonly #svg = element('svg', { class: 'svg-map', 'aria-hidden': 'true' });
  readonly #marks = element('g', {});
  #communes = new Map<string, SVGElement>();
  #project: Project = () => ({ x: 0, y: 0 });
  #scale: number;
  #picture: MapPicture | null = null;
  #frame = 0;

  constructor(container: HTMLElement, shapes: MapShapes, scale: number) {
    this.#container = container;
    this.#shapes = shapes;
    this.#scale = scale;
    container.append(this.#svg);
    this.resize(scale);
  }

  draw(picture: MapPicture): void {
    this.#picture = picture;
    if (this.#frame === 0)
      this.#frame = requestAnimationFrame(() => {
        this.#frame = 0;
        this.#paint();
      });
  }

  project(lon: number, lat: number): Spot {
    return this.#project(lon, lat);
  }

  resize(scale: number): void {
    this.#scale = scale;
    const { clientWidth: width, clientHeight: height } = this.#container;
    const shape = this.#shapes.province ?? this.#shapes.districts ?? this.#shapes.communes;
    const box = shape === null ? null : boundsOf(shape.features);
    if (box !== null) this.#project = fit(box, width, height, padding * scale);
    this.#svg.setAttribute('viewBox', `0 0 ${String(width)} ${String(height)}`);
    this.#svg.replaceChildren(
      ...this.#layer('communes'),
      ...this.#layer('districts'),
      ...this.#layer('province'),
      this.#marks,
    );
    this.#paint();
  }

  remove(): void {
    cancelAnimationFrame(this.#frame);
    this.#svg.remove();
  }

  #layer(name: keyof MapShapes): SVGElement[] {
    const paths: SVGElement[] = [];
    for (const feature of this.#shapes[name]?.features.features ?? []) {
      const path = element('path', { class: name, d: pathOf(lines(feature.geometry), this.#project) });
      if (name === 'communes') this.#communes.set(String(feature.properties?.['code']), path);
      paths.push(path);
    }
    return paths;
  }

  #paint(): void {
    if (this.#picture === null) return;
    const { counts, marks } = this.#picture;
    for (const [code, path] of this.#communes) {
      path.setAttribute('class', `communes step${String(stepOf(counts.get(code) ?? 0))}`);
    }
    const ordered = [...marks].sort((a, b) => drawOrder(a) - drawOrder(b)).slice(-mostMarks);
    const size = crowding(marks) * this.#scale;
    this.#marks.replaceChildren(...ordered.map((mark) => this.#mark(mark, size)));
  }

  #mark(mark: Mark, size: number): SVGElement {
    const { x, y } = this.#project(mark.lon, mark.lat);
    const k = (iconSide(mark) * size) / 24;
    const group = element('g', {
      class: `mark ${mark.kind} ${mark.state}`,
      transform: `translate(${String(x)} ${String(y)}) scale(${String(k)}) translate(-12 -12)`,
    });
    const inner = element('path', { class: 'shape', d: stateShapes[mark.state] });
    if (mark.kind === 'sensor') {
      inner.setAttribute('transform', 'translate(12 12) scale(.6) translate(-12 -12)');
      group.append(element('path', { class: 'frame', d: sensorFrame }));
    }
    group.append(inner);
    return group;
  }
}

function pathOf(rings: readonly Position[][], project: Project): string {
  return rings
    .map((ring) => {
      const points = ring.map(([lon = 0, lat = 0]) => {
        const { x, y } = project(lon, lat);
        return `${x.toFixed(1)} ${y.toFixed(1)}`;
      });
      return `M${points.join('L')}`;
    })
    .join('');
}

function element(name: string, attributes: Record<string, string>): SVGElement {
  const made = document.createElementNS(namespace, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}
