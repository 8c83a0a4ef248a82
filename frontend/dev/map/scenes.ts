// What the pictures of the map show.
import type { Highlight, Mark } from '../../src/map/picture';
import { scatter, type Place } from './scatter';

interface Scene {
  marks: Mark[];
  highlight?: Highlight;
  textPx?: number;
  area?: string;
}

const states = ['critical', 'warning', 'attention', 'normal'] as const;

/** One to four marks at every place, close enough to be stacked. */
function piles(places: readonly Place[]): Mark[] {
  return places.flatMap(({ lon, lat }, i) =>
    Array.from({ length: (i % 4) + 1 }, (_, n): Mark => {
      const state = states[(i + n) % 4] ?? 'normal';
      return {
        id: `a${String(i)}-${String(n)}`,
        lon: lon + n * 0.004,
        lat,
        state,
        kind: i % 5 === 0 ? 'sensor' : 'report',
      };
    }),
  );
}

export const scenes: Record<string, (places: readonly Place[]) => Scene> = {
  calm: (places) => ({
    marks: scatter(300, places, 5).map((m) => (m.state === 'critical' ? { ...m, state: 'normal' } : m)),
  }),
  stacks: (places) => ({
    marks: piles(places),
    highlight: { kind: 'report', id: 'a7-0', name: 'Cháy rừng, xã Quảng Trực' },
  }),
  area: (places) => ({ marks: scatter(300, places, 5), highlight: { kind: 'area', id: '663' } }),
  district: (places) => ({ marks: scatter(300, places, 5), area: '663' }),
  far: (places) => ({ marks: scatter(200, places, 9), textPx: (66 * window.innerHeight) / 1080 }),
  many: (places) => ({ marks: scatter(2000, places, 3) }),
  crowd: (places) => ({ marks: scatter(50_000, places, 3) }),
};
