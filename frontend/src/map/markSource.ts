import type { GeoJSONSource } from 'maplibre-gl';
import { drawOrder, iconName, iconSide } from './icons';
import type { Stack } from './stacks';

/**
 * Brings a source of marks to what is wanted, one update in flight: while the worker is busy newer wishes
 * replace each other, because unlimited updates starve the map until none is ever drawn.
 */
export class MarkSource {
  readonly #source: Pick<GeoJSONSource, 'updateData'>;
  #shown: Map<string, Stack> | null = null; // null: whatever the source holds is to go
  #wanted: { stacks: readonly Stack[]; shown: () => void } | null = null;
  #busy = false;
  #flushed: Promise<void> = Promise.resolve();

  constructor(source: Pick<GeoJSONSource, 'updateData'>) {
    this.#source = source;
  }

  /** Asks for stacks; `shown` is called once the source holds these or newer ones. */
  want(stacks: readonly Stack[], shown: () => void = () => undefined): void {
    this.#wanted = { stacks, shown };
    if (!this.#busy) this.#flushed = this.#flush();
  }

  /** Settles once the source holds what was asked for last. */
  settled(): Promise<void> {
    return this.#flushed;
  }

  async #flush(): Promise<void> {
    this.#busy = true;
    while (this.#wanted !== null) {
      const { stacks, shown } = this.#wanted;
      this.#wanted = null;
      await this.#bring(new Map(stacks.map((stack) => [stack.id, stack])));
      shown();
    }
    this.#busy = false;
  }

  async #bring(wanted: Map<string, Stack>): Promise<void> {
    const diff = difference(this.#shown ?? new Map(), wanted);
    const removeAll = this.#shown === null;
    this.#shown = wanted;
    if (!removeAll && diff.add.length + diff.remove.length === 0) return;
    try {
      await this.#source.updateData({ removeAll, ...diff });
    } catch {
      this.#shown = null; // nobody knows what it holds: the next wish begins anew
    }
  }
}

/** What has to be taken away and added; a changed mark is both. */
export function difference(
  shown: ReadonlyMap<string, Stack>,
  wanted: ReadonlyMap<string, Stack>,
): { remove: string[]; add: GeoJSON.Feature[] } {
  const remove = [...shown.keys()].filter((id) => !wanted.has(id));
  const add: GeoJSON.Feature[] = [];
  for (const stack of wanted.values()) {
    const held = shown.get(stack.id);
    if (held !== undefined && same(held, stack)) continue;
    if (held !== undefined) remove.push(stack.id);
    add.push(feature(stack));
  }
  return { remove, add };
}

function same(a: Stack, b: Stack): boolean {
  return a.lon === b.lon && a.lat === b.lat && a.state === b.state && a.kind === b.kind && a.count === b.count;
}

function feature(stack: Stack): GeoJSON.Feature {
  return {
    type: 'Feature',
    id: stack.id,
    properties: {
      id: stack.id,
      icon: iconName(stack),
      order: drawOrder(stack),
      count: stack.count > 1 ? String(stack.count) : '',
      side: iconSide(stack),
    },
    geometry: { type: 'Point', coordinates: [stack.lon, stack.lat] },
  };
}
