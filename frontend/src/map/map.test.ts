import { describe, expect, it } from 'vitest';
import { boundsOf, lines } from './geometry';
import { placeLabels, type LabelWish, type Obstacle } from './labels';
import { difference } from './markSource';
import { fit } from './mercator';
import type { Mark } from './picture';

const field = { width: 700, height: 700 };
const wish = (code: string, x: number, y: number): LabelWish => ({ code, at: { x, y }, width: 120, height: 32 });
const alarm = (x: number, y: number): Obstacle => ({ at: { x, y }, radius: 17, weight: 400 });

function hides(label: { at: { x: number; y: number } }, { at, radius }: Obstacle): boolean {
  const dx = Math.max(0, Math.abs(at.x - label.at.x) - 60);
  const dy = Math.max(0, Math.abs(at.y - label.at.y) - 16);
  return Math.hypot(dx, dy) < radius;
}

describe('a name on the map', () => {
  it('stands at its place when nothing is there', () => {
    expect(placeLabels([wish('a', 350, 350)], [], field)).toEqual([
      { code: 'a', at: { x: 350, y: 350 }, leader: null },
    ]);
  });

  it('never covers an alarm, and is tied to its place by a line when it had to go', () => {
    const alarms = [alarm(350, 350), alarm(350, 310), alarm(350, 390)];
    const [label] = placeLabels([wish('a', 350, 350)], alarms, field);
    expect(label).toBeDefined();
    if (label === undefined) return;
    expect(alarms.some((a) => hides(label, a))).toBe(false);
    expect(label.leader).not.toBeNull();
  });

  it('covers no other name and stays inside', () => {
    const labels = placeLabels([wish('a', 30, 10), wish('b', 40, 12), wish('c', 50, 14)], [], field);
    for (const { at } of labels) {
      expect(at.x).toBeGreaterThanOrEqual(60);
      expect(at.y).toBeGreaterThanOrEqual(16);
    }
    for (const a of labels) {
      for (const b of labels) {
        if (a !== b) expect(Math.abs(a.at.x - b.at.x) >= 120 || Math.abs(a.at.y - b.at.y) >= 32).toBe(true);
      }
    }
  });

  it('stays where it went after the alarm is over only as long as that costs little', () => {
    const [moved] = placeLabels([wish('a', 350, 350)], [alarm(350, 350)], field);
    const before = { a: moved?.at ?? { x: 0, y: 0 } };
    const [still] = placeLabels([wish('a', 350, 350)], [], field, before);
    expect(still?.at).toEqual(before.a);
  });
});

describe('a projection', () => {
  it('fits a box into a frame, north up, proportions kept', () => {
    const project = fit({ west: 107, south: 11, east: 108, north: 13 }, 400, 400, 10);
    const nw = project(107, 13);
    const se = project(108, 11);
    expect(nw.y).toBeCloseTo(10);
    expect(se.y).toBeCloseTo(390);
    expect(nw.x + se.x).toBeCloseTo(400);
    expect(se.x - nw.x).toBeLessThan(200);
  });

  it('finds the box around every kind of shape', () => {
    const features: GeoJSON.Feature[] = [
      {
        type: 'Feature',
        properties: {},
        geometry: {
          type: 'MultiPolygon',
          coordinates: [
            [
              [
                [1, 2],
                [3, 4],
                [1, 2],
              ],
            ],
          ],
        },
      },
      {
        type: 'Feature',
        properties: {},
        geometry: {
          type: 'MultiLineString',
          coordinates: [
            [
              [0, 3],
              [2, 9],
            ],
          ],
        },
      },
    ];
    expect(boundsOf({ type: 'FeatureCollection', features })).toEqual({ west: 0, south: 2, east: 3, north: 9 });
    expect(boundsOf({ type: 'FeatureCollection', features: [] })).toBeNull();
    expect(lines({ type: 'Point', coordinates: [1, 2] })).toEqual([]);
  });
});

describe('the marks on the map', () => {
  const mark = (id: string, state: Mark['state'] = 'normal'): Mark => ({ id, lon: 1, lat: 2, state, kind: 'report' });
  const held = (...marks: Mark[]): Map<string, Mark> => new Map(marks.map((m) => [m.id, m]));

  it('change by what came, went and became another', () => {
    const diff = difference(
      held(mark('stays'), mark('goes'), mark('worsens')),
      held(mark('stays'), mark('worsens', 'critical'), mark('comes')),
    );
    expect(diff.remove).toEqual(['goes', 'worsens']);
    expect(diff.add.map(({ id }) => id)).toEqual(['worsens', 'comes']);
  });

  it('need no update when nothing changed', () => {
    expect(difference(held(mark('a')), held(mark('a')))).toEqual({ remove: [], add: [] });
  });
});
