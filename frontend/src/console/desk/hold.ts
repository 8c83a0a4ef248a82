// How a paired desk stands, as rules: what the page does when a hand moves, when none does, and when the server speaks.
import type { Standing } from '../../api/session';

/** Which form stands open: for the person on duty, or for another. */
export type Asking = 'none' | 'unlock' | 'change';

export interface Hold {
  standing: Standing;
  asking: Asking;
  /** When a hand was last seen, and when the server was last told so. */
  touchedAt: number;
  toldAt: number;
  /** The desk was locked here and the server has not said so yet. */
  owed: boolean;
}

export type Happening =
  | { kind: 'said'; standing: Standing }
  | { kind: 'admitted' }
  | { kind: 'touched' }
  | { kind: 'tick' }
  | { kind: 'lock' }
  | { kind: 'change' }
  | { kind: 'cancel' }
  | { kind: 'refused' };

/** What is to be done now: tell the server that somebody is there, or have it lock. */
export type Deed = 'none' | 'tell' | 'lock';

/** How often the server hears of hands. */
export const tellEveryMs = 60_000;

export function begin(standing: Standing, now: number): Hold {
  return { standing, asking: 'none', touchedAt: now, toldAt: now, owed: false };
}

/** The hold after something happened at an instant, and what is to be done. */
export function step(hold: Hold, event: Happening, now: number, idleMs: number): { hold: Hold; deed: Deed } {
  const still = { hold, deed: 'none' } as const;
  switch (event.kind) {
    case 'said':
      if (hold.owed && event.standing === 'manned') return still;
      return { hold: { ...hold, standing: event.standing, owed: false }, deed: 'none' };
    case 'admitted':
      return { hold: begin('manned', now), deed: 'none' };
    case 'touched':
      if (hold.standing !== 'manned') return still;
      if (now - hold.touchedAt >= idleMs) return lock(hold); // the machine slept: this hand may be anybody's
      if (now - hold.toldAt < tellEveryMs) return { hold: { ...hold, touchedAt: now }, deed: 'none' };
      return { hold: { ...hold, touchedAt: now, toldAt: now }, deed: 'tell' };
    case 'tick':
      if (hold.owed) return { hold, deed: 'lock' };
      return hold.standing === 'manned' && now - hold.touchedAt >= idleMs ? lock(hold) : still;
    case 'lock':
      if (hold.standing === 'manned') return lock(hold);
      return { hold: { ...hold, asking: hold.standing === 'locked' ? 'unlock' : 'change' }, deed: 'none' };
    case 'change':
      return { hold: { ...hold, asking: 'change' }, deed: 'none' };
    case 'cancel':
      return { hold: { ...hold, asking: 'none' }, deed: 'none' };
    case 'refused':
      if (hold.asking !== 'none' || hold.standing === 'manned') return still;
      return { hold: { ...hold, asking: hold.standing === 'locked' ? 'unlock' : 'change' }, deed: 'none' };
    default:
      return event satisfies never;
  }
}

function lock(hold: Hold): { hold: Hold; deed: Deed } {
  return { hold: { ...hold, standing: 'locked', asking: 'none', owed: true }, deed: 'lock' };
}
