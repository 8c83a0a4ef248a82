import type { State } from '../wire/report';

/** A state as it is drawn: the four of a thing, or what can be said when nothing is known. */
export type Shown = State | 'unknown';

const ranks: Record<Shown, number> = { normal: 0, unknown: 1, attention: 2, warning: 3, critical: 4 };

/** Orders states: the higher, the more it needs a person. */
export function rank(state: Shown): number {
  return ranks[state];
}

export function worst(a: Shown, b: Shown): Shown {
  return rank(a) >= rank(b) ? a : b;
}
