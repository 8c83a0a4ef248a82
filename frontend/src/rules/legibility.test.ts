import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { asObject } from '../wire/json';
import { defaultPanel, densest, heightOf, neededPx, type Panel } from './legibility';
import { densities, parseScene, partTypes, shapeOf, type Scene } from './scene';

const schema = (path: string): string =>
  readFileSync(fileURLToPath(new URL(`../../../schema/${path}`, import.meta.url)), 'utf8');

interface Golden {
  heights: { arcmin: number; viewing_mm: number; mm: number }[];
  needed: { arcmin: number; panel_mm: number; viewing_mm: number; px: number }[];
  checks: {
    scene: string;
    panel_mm: number;
    viewing_mm: number;
    density?: string;
    part?: string;
    role?: string;
    px?: number;
    need_px?: number;
  }[];
}

const golden = JSON.parse(schema('testdata/legibility.json')) as Golden;
const panel = (c: { panel_mm: number; viewing_mm: number }): Panel => ({
  heightMm: c.panel_mm,
  viewingMm: c.viewing_mm,
});

function read(id: string): Scene {
  const raw = asObject(JSON.parse(schema(`scenes/${id}.json`)));
  if (raw === null) throw new Error(`no scene ${id}`);
  return parseScene(raw);
}

describe('legibility, by the cases that the server reads too', () => {
  it.each(golden.heights)('$arcmin minutes at $viewing_mm mm', ({ arcmin, viewing_mm, mm }) => {
    expect(heightOf(arcmin, viewing_mm)).toBeCloseTo(mm, 3);
  });

  it.each(golden.needed)('$arcmin minutes on $panel_mm mm from $viewing_mm mm', (c) => {
    expect(neededPx(c.arcmin, panel(c))).toBeCloseTo(c.px, 3);
  });

  it.each(golden.checks)('$scene on $panel_mm mm from $viewing_mm mm', (c) => {
    const got = densest(read(c.scene), panel(c));
    if (c.density !== undefined) expect(got).toBe(c.density);
    else {
      expect(got).toMatchObject({ density: 'far', part: c.part, role: c.role });
      expect(typeof got === 'object' && got.px).toBeCloseTo(c.px ?? 0, 3);
      expect(typeof got === 'object' && got.needPx).toBeCloseTo(c.need_px ?? 0, 3);
    }
  });
});

describe('a scene', () => {
  it.each(['ngay-thuong', 'mua-bao'])('%s is read whole', (id) => {
    const scene = read(id);
    const raw = JSON.parse(schema(`scenes/${id}.json`)) as { parts: unknown[] };
    expect(scene.parts).toHaveLength(raw.parts.length);
    for (const density of densities) {
      for (const shape of ['wide', 'ultra', 'tall'] as const) {
        const cells = scene.densities[density]?.shapes[shape]?.cells ?? [];
        expect(cells.map(({ part }) => part)).toEqual(expect.arrayContaining(['header', 'map', 'ticker']));
      }
    }
    expect(densest(scene, defaultPanel)).toBe('far');
  });

  it('leaves out the parts that this page does not know', () => {
    const scene = parseScene({
      id: 'x',
      parts: [{ id: 'a', type: 'hologram' }, ...partTypes.map((type) => ({ id: type, type }))],
    });
    expect(scene.parts.map(({ type }) => type)).toEqual(partTypes);
  });

  it.each([
    [1920, 1080, 'wide'],
    [3840, 2160, 'wide'],
    [5120, 1440, 'ultra'],
    [1366, 768, 'wide'],
    [320, 640, 'tall'],
    [1080, 1920, 'tall'],
  ])('has the shape of %i × %i', (width, height, shape) => {
    expect(shapeOf(width, height)).toBe(shape);
  });
});
