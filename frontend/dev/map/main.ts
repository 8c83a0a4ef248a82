// A page with nothing but the map, driven from outside: for pixel tests, pictures and the bench. It is no part of the
// product and not in the binary.
import 'maplibre-gl/dist/maplibre-gl.css';
import '../../src/ui/tokens.css';
import '../../src/ui/base.css';
import { flushSync, mount, unmount } from 'svelte';
import MapView from '../../src/map/MapView.svelte';
import { boundsOf } from '../../src/map/geometry';
import { fit } from '../../src/map/mercator';
import type { Highlight, MapPicture, MapShapes, Mark } from '../../src/map/picture';
import { NaiveMap } from './naive';
import { changed, scatter, type Place } from './scatter';
import { scenes } from './scenes';
import { reactive } from './reactive.svelte';

interface StandOptions {
  width: number;
  height: number;
  marks?: Mark[];
  counts?: [string, number][];
  highlight?: Highlight | null;
  textPx?: number;
  area?: string;
  pmtiles?: string;
  credit?: string;
}

interface Props extends Omit<StandOptions, 'width' | 'height' | 'marks' | 'counts'> {
  shapes: MapShapes;
  picture: MapPicture;
  label: string;
  onlost: () => void;
}

const places: Place[] = [];
let shapes: MapShapes = { communes: null, districts: null, province: null };
let box: HTMLDivElement | null = null;
let props: Props | null = null;
let view: ReturnType<typeof mount> | null = null;
let naive: NaiveMap | null = null;
let marks: readonly Mark[] = [];
let lost = 0;

function noteLost(): void {
  lost++;
}

async function ready(): Promise<void> {
  const answer = await fetch('./shapes.json');
  shapes = (await answer.json()) as MapShapes;
  for (const feature of shapes.communes?.features.features ?? []) {
    const [lon = 0, lat = 0] = feature.properties?.['label'] as number[];
    places.push({ lon, lat, code: String(feature.properties?.['code']) });
  }
}

function frame(width: number, height: number): HTMLDivElement {
  clear();
  const root = document.documentElement;
  root.style.fontSize = `${String((16 * window.innerHeight) / 1080)}px`;
  box = document.createElement('div');
  box.style.cssText = `position:absolute;left:0;top:0;display:grid;width:${String(width)}px;height:${String(height)}px`;
  document.body.append(box);
  return box;
}

function clear(): void {
  if (view !== null) void unmount(view);
  naive?.remove();
  view = naive = props = null;
  box?.remove();
}

function open(options: StandOptions): void {
  const { width, height, marks: given = [], counts = [], ...rest } = options;
  const target = frame(width, height);
  marks = given;
  const picture = { counts: new Map(counts), marks };
  props = reactive<Props>({ shapes, picture, label: 'Bản đồ', onlost: noteLost, ...rest });
  view = mount(MapView, { target, props });
}

function set(next: Partial<Props>): void {
  if (props !== null) Object.assign(props, next);
  flushSync();
}

function show(next: readonly Mark[], counts?: [string, number][]): void {
  marks = next;
  if (props !== null)
    set({ picture: { counts: counts === undefined ? props.picture.counts : new Map(counts), marks } });
}

function openNaive(options: StandOptions): void {
  marks = options.marks ?? [];
  naive = new NaiveMap(frame(options.width, options.height), shapes, marks);
}

const stand = {
  ready,
  open,
  set,
  show,
  clear,
  openNaive,
  scatter: (count: number, seed = 1): Mark[] => scatter(count, places, seed),
  places: () => places,
  /** Where a place lies on a map of the whole, by a projection of its own. */
  spot(lon: number, lat: number): { x: number; y: number } {
    const bounds = shapes.province === null ? null : boundsOf(shapes.province.features);
    if (box === null || bounds === null) throw new Error('nothing is open');
    const canvas = box.querySelector('.canvas') ?? box;
    return fit(bounds, canvas.clientWidth, canvas.clientHeight, (14 * window.innerHeight) / 1080)(lon, lat);
  },
  scene(name: string): void {
    const k = window.innerHeight / 1080;
    const counts = places.map(({ code }, i): [string, number] => [code, (i * 7) % 13]);
    const credit = 'Sơ đồ địa giới 2022, không phải ranh giới thật';
    open({ width: 740 * k, height: 760 * k, counts, credit, ...scenes[name]?.(places) });
  },
  /** One update as the live feed brings it: `count` marks become others. */
  tick(count: number, seed: number): void {
    const next = changed(marks, count, seed);
    if (naive === null) show(next);
    else naive.change(next);
    marks = next;
  },
  lost: () => lost,
  loseContext(): void {
    const canvas = document.querySelector<HTMLCanvasElement>('canvas.maplibregl-canvas');
    const extension = canvas?.getContext('webgl2')?.getExtension('WEBGL_lose_context') ?? null;
    extension?.loseContext();
    stand.restoreContext = () => {
      extension?.restoreContext();
    };
  },
  restoreContext: (): void => undefined,
};

declare global {
  interface Window {
    stand: typeof stand;
  }
}
window.stand = stand;
