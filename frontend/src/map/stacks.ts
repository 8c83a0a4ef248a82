import type { Shown } from '../rules/state';
import { distance } from './boxes';
import { drawOrder, isAlarmMark } from './icons';
import type { Mark, Spot } from './picture';

/** What stands at one place of the map, drawn as one mark: the worst of it, and how many there are. */
export interface Stack {
  id: string;
  lon: number;
  lat: number;
  at: Spot;
  state: Shown;
  kind: Mark['kind'];
  count: number;
}

/** How near two marks lie, in pixels, to be drawn as one. */
export interface Reach {
  alarms: number;
  quiet: number;
}

export type Project = (lon: number, lat: number) => Spot;

/** What must never be buried: what an operator has to answer, and whatever else is grave. */
export const isAlarm = ({ kind, state }: Pick<Mark, 'kind' | 'state'>): boolean =>
  isAlarmMark(kind) || state === 'critical' || state === 'warning';

/** Reach for marks drawn at `size` times their size at 1080 lines. */
export function reachAt(size: number): Reach {
  return { alarms: 17 * size, quiet: 7 * size };
}

/**
 * Puts marks that would cover each other on stacks. Alarms come first, then the rest, each by its id: a mark
 * joins the nearest stack within reach or begins one. So a stack stands where its oldest mark does, and nothing
 * that happens elsewhere moves it. What an operator has to answer is on no stack with anything else: no other mark hides it.
 */
export function stackMarks(marks: readonly Mark[], project: Project, reach: Reach): Stack[] {
  const own = marks.filter(({ kind }) => isAlarmMark(kind));
  if (own.length === 0) return stackAlike(marks, project, reach);
  const others = marks.filter(({ kind }) => !isAlarmMark(kind));
  return [...stackAlike(others, project, reach), ...stackAlike(own, project, reach)];
}

function stackAlike(marks: readonly Mark[], project: Project, reach: Reach): Stack[] {
  const stacks = new Field(Math.max(reach.alarms, reach.quiet, 1));
  const tops = new Map<Stack, Mark>();
  for (const mark of [...marks].sort(byTierAndId)) {
    const at = project(mark.lon, mark.lat);
    const alarm = isAlarm(mark);
    const near = stacks.nearest(at, alarm ? reach.alarms : reach.quiet);
    if (near === null) {
      const { id, lon, lat, state, kind } = mark;
      const made = { id, lon, lat, at, state, kind, count: 1 };
      stacks.add(made);
      tops.set(made, mark);
      continue;
    }
    near.count++;
    const top = tops.get(near);
    if (top !== undefined && drawOrder(top) >= drawOrder(mark)) continue;
    near.state = mark.state;
    near.kind = mark.kind;
    tops.set(near, mark);
  }
  return stacks.all;
}

function byTierAndId(a: Mark, b: Mark): number {
  const tier = Number(isAlarm(b)) - Number(isAlarm(a));
  if (tier !== 0) return tier;
  return a.id < b.id ? -1 : Number(a.id > b.id);
}

/** Stacks by the square they stand in, so that finding a near one does not mean looking at all. */
class Field {
  readonly all: Stack[] = [];
  readonly #side: number;
  readonly #squares = new Map<number, Stack[]>();

  constructor(side: number) {
    this.#side = side;
  }

  add(stack: Stack): void {
    this.all.push(stack);
    const key = this.#key(stack.at, 0, 0);
    const square = this.#squares.get(key);
    if (square === undefined) this.#squares.set(key, [stack]);
    else square.push(stack);
  }

  nearest(at: Spot, reach: number): Stack | null {
    let found: Stack | null = null;
    let least = reach;
    for (let dx = -1; dx <= 1; dx++) {
      for (let dy = -1; dy <= 1; dy++) {
        for (const stack of this.#squares.get(this.#key(at, dx, dy)) ?? []) {
          const away = distance(stack.at, at);
          if (away < least || (away === least && found !== null && stack.id < found.id)) {
            found = stack;
            least = away;
          }
        }
      }
    }
    return found;
  }

  #key({ x, y }: Spot, dx: number, dy: number): number {
    return (Math.floor(x / this.#side) + dx) * 65_536 + Math.floor(y / this.#side) + dy;
  }
}
