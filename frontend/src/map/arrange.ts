import { rank } from '../rules/state';
import { crowding } from './icons';
import type { MapPicture, Mark } from './picture';
import { isAlarm, reachAt, stackMarks, type Project, type Stack } from './stacks';

/** A picture made ready to be drawn at one size. */
export interface Arranged {
  counts: ReadonlyMap<string, number>;
  /** Drawn as symbols; in a crowd only what needs a person. */
  stacks: readonly Stack[];
  /** Every mark while there is a crowd, to be drawn as points; null without one. */
  crowd: readonly Mark[] | null;
  /** The stacks leave alarms out: then these are points like the others. */
  overflow: boolean;
  /** Of icons, beside the size of the text. */
  size: number;
}

/** From more marks than this on, all but the alarms are points; back again only well below, so that it does not flap. */
export const mostSymbols = 5000;
const backBelow = 4500;

/** So many alarms are symbols in a crowd; of more, the worst. */
const mostAlarms = 2000;

/** Decides what is drawn as what. It remembers one thing: whether there was a crowd. */
export class Arranger {
  #crowded = false;

  arrange({ counts, marks }: MapPicture, project: Project, scale: number): Arranged {
    this.#crowded = marks.length > (this.#crowded ? backBelow : mostSymbols);
    const alarms = marks.filter(isAlarm);
    const size = crowding(alarms.length, marks.length);
    const reach = reachAt(size * scale);
    if (!this.#crowded)
      return { counts, stacks: stackMarks(marks, project, reach), crowd: null, overflow: false, size };
    const overflow = alarms.length > mostAlarms;
    const stacks = stackMarks(overflow ? worstOf(alarms) : alarms, project, reach);
    return { counts, stacks, crowd: marks, overflow, size };
  }
}

function worstOf(alarms: readonly Mark[]): Mark[] {
  return [...alarms]
    .sort((a, b) => rank(b.state) - rank(a.state) || (a.id < b.id ? -1 : Number(a.id > b.id)))
    .slice(0, mostAlarms);
}
