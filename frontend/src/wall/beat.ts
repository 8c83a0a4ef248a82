// What a page tells the server about itself, so that whoever supervises the screens sees each of them.
import type { Beat } from '../api/screens';
import type { Link } from '../live/link';
import type { Vitals } from './watchdog';

/** What a page shows. */
export interface Shown {
  scene: string;
  area: string;
  density: string;
  /** The newest version of the screen's orders that it shows. */
  version: number;
}

export interface Page {
  build: string;
  seq: number;
  link: Link;
  shown: Shown;
  vitals: Vitals;
}

/** Puts a beat together; sizes are those of the picture in the panel's own pixels. */
export function beatOf({ build, seq, link, shown, vitals }: Page): Beat {
  const { innerWidth, innerHeight, devicePixelRatio } = window;
  return {
    build,
    seq,
    ...vitals,
    // An estimate moves by fractions of a millisecond, and there is no -0 in what is sent.
    skewMs: Math.round(-link.offsetMs) + 0,
    width: Math.round(innerWidth * devicePixelRatio),
    height: Math.round(innerHeight * devicePixelRatio),
    ...shown,
    phase: link.phase,
  };
}
