import type { GeoJSONSource } from 'maplibre-gl';
import { drawOrder, iconName, iconSide } from './icons';
import type { Stack } from './stacks';

/**
 * So many updates in a row are told as changes. The library's worker notes every tile it cuts, some thirty an update,
 * and lets go of the notes with the index only: one that is only ever changed grows by 3 MiB an hour, and each change
 * walks all of it.
 */
export const mostChanges = 200;

/**
 * Brings a source of marks to what is wanted, one update in flight: while the worker is busy newer wishes
 * replace each other, because unlimited updates starve the map until none is ever drawn.
 */
export class MarkSource {
  readonly #source: Pick<GeoJSONSource, 'setData' | 'updateData'>;
  #shown: Map<string, Stack> | null = null; // null: whatever the source holds is to go
  #changes = 0;
  #wanted: { stacks: readonly Stack[]; shown: () => void } | null = null;
  #busy = false;
  #flushed: Promise<void> = Promise.resolve();

  constructor(source: Pick<GeoJSONSource, 'setData' | 'updateData'>) {
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
    const shown = this.#shown;
    this.#shown = wanted;
    try {
      if (shown === null || this.#changes >= mostChanges) await this.#set(wanted);
      else await this.#change(difference(shown, wanted));
    } catch {
      this.#shown = null; // nobody knows what it holds: the next wish begins anew
    }
  }

  /** Has the worker begin anew with these. */
  async #set(stacks: ReadonlyMap<string, Stack>): Promise<void> {
    this.#changes = 0;
    await this.#source.setData({ type: 'FeatureCollection', features: [...stacks.values()].map(feature) });
  }

  async #change(diff: ReturnType<typeof difference>): Promise<void> {
    if (diff.add.length + diff.remove.length === 0) return;
    this.#changes++;
    await this.#source.updateData(diff);
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
