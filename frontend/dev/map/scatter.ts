// Invented marks, the same for the same seed.
import type { Mark } from '../../src/map/picture';

export interface Place {
  code: string;
  lon: number;
  lat: number;
}

const states: readonly Mark['state'][] = [
  'normal',
  'normal',
  'normal',
  'normal',
  'normal',
  'normal',
  'unknown',
  'attention',
];

function numbers(seed: number): () => number {
  let s = seed >>> 0 || 1;
  return () => (s = (Math.imul(s, 1664525) + 1013904223) >>> 0) / 4294967296;
}

/** Marks around the places; one in a hundred is an alarm. */
export function scatter(count: number, places: readonly Place[], seed: number): Mark[] {
  const next = numbers(seed);
  return Array.from({ length: count }, (_, i): Mark => {
    const { lon, lat } = places[Math.floor(next() * places.length)] ?? { lon: 0, lat: 0 };
    const away = 0.06 * Math.sqrt(next());
    const angle = next() * 2 * Math.PI;
    return {
      id: `m${String(i).padStart(6, '0')}`,
      lon: lon + away * Math.cos(angle),
      lat: lat + away * Math.sin(angle),
      state: stateAt(next()),
      kind: next() < 0.08 ? 'sensor' : 'report',
    };
  });
}

function stateAt(x: number): Mark['state'] {
  if (x < 0.003) return 'critical';
  if (x < 0.01) return 'warning';
  return states[Math.floor(x * 997) % states.length] ?? 'normal';
}

/** The same marks with `count` of them in another state: the others keep their identity, as in a situation. */
export function changed(marks: readonly Mark[], count: number, seed: number): Mark[] {
  const next = numbers(seed);
  const copy = [...marks];
  for (let i = 0; i < count; i++) {
    const at = Math.floor(next() * copy.length);
    const mark = copy[at];
    if (mark === undefined) continue;
    copy[at] = { ...mark, state: stateAt(next()) };
  }
  return copy;
}
