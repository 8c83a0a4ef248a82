import type { FeatureCollection } from 'geojson';
import { describe, expect, it } from 'vitest';
import { readGround } from './ground';
import { middle, moved, whole, zoomed } from './view';

const square = (west: number, south: number): number[][] => [
  [west, south],
  [west + 1, south],
  [west + 1, south + 1],
  [west, south + 1],
  [west, south],
];

const shapes = {
  type: 'FeatureCollection',
  credit: 'Nguồn',
  features: [
    {
      type: 'Feature',
      properties: {
        code: '1',
        name: 'Nghĩa Đức',
        title: 'Phường Nghĩa Đức',
        name_en: 'Nghia Duc Ward',
        label: [107.5, 12.5],
      },
      // With a hole, in which no commune lies.
      geometry: {
        type: 'Polygon',
        coordinates: [
          square(107, 12),
          square(107, 12).map(([x = 0, y = 0]) => [(x - 107) / 4 + 107.1, (y - 12) / 4 + 12.1]),
        ],
      },
    },
    {
      type: 'Feature',
      properties: { code: '2', name: 'Đắk Hòa', title: 'Xã Đắk Hòa', label: [108.5, 12.5] },
      geometry: { type: 'MultiPolygon', coordinates: [[square(108, 12)], [square(110, 12)]] },
    },
  ],
} as unknown as FeatureCollection;

describe('the ground', () => {
  const ground = readGround(shapes, false);

  it('knows the commune around a point, holes and far parts too', () => {
    const at = (lat: number, lon: number): string | undefined => ground?.at(lat, lon)?.name;
    expect([
      at(12.5, 107.5),
      at(12.2, 107.2),
      at(12.5, 108.5),
      at(12.5, 110.5),
      at(12.5, 109.5),
      at(13.5, 107.5),
    ]).toEqual(['Phường Nghĩa Đức', undefined, 'Xã Đắk Hòa', 'Xã Đắk Hòa', undefined, undefined]);
  });

  it('puts the north above, keeps proportions, and finds the way back', () => {
    if (ground === null) throw new Error('no ground');
    const { x, y } = ground.toMap(13, 107);
    expect([x, y]).toEqual([0, 0]);
    expect(ground.height / ground.width).toBeCloseTo(1 / (4 * Math.cos((12.5 * Math.PI) / 180)), 6);
    const there = ground.toMap(12.25, 108.75);
    expect(ground.toEarth(there.x, there.y).lat).toBeCloseTo(12.25, 9);
    expect(ground.toEarth(there.x, there.y).lon).toBeCloseTo(108.75, 9);
  });

  it('speaks English where there are English names', () => {
    expect(readGround(shapes, true)?.communes.map(({ name }) => name)).toEqual(['Nghia Duc Ward', 'Xã Đắk Hòa']);
  });

  it('is none without areas', () => {
    expect(readGround({ type: 'FeatureCollection', features: [] }, false)).toBeNull();
  });
});

describe('the view', () => {
  const sheet = { width: 1000, height: 600 };

  it('keeps the point under a finger where it is', () => {
    const at = { x: 300, y: 200 };
    const before = whole(sheet);
    const after = zoomed(before, sheet, 2, at);
    expect((at.x - after.x) / after.side).toBeCloseTo((at.x - before.x) / before.side, 9);
    expect(after.side).toBe(before.side / 2);
  });

  it('is never farther than the whole, never too close, and its middle never off the map', () => {
    expect(zoomed(whole(sheet), sheet, 0.1)).toEqual(whole(sheet));
    expect(zoomed(whole(sheet), sheet, 1e6).side).toBeCloseTo(whole(sheet).side / 24, 9);
    expect(middle(moved(whole(sheet), sheet, 1e6, -1e6))).toEqual({ x: 1000, y: 0 });
  });
});
