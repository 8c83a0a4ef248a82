import type { GeoJSONSource } from 'maplibre-gl';
import { drawOrder, iconName } from './icons';
import type { Mark } from './picture';

/**
 * Brings a source of marks to what is wanted, one update in flight: while the worker is busy newer wishes
 * replace each other, because unlimited updates starve the map until none is ever drawn.
 */
export class MarkSource {
  readonly #source: GeoJSONSource;
  #shown: Map<string, Mark> | null = null; // null: whatever the source holds is to go
  #wanted: readonly Mark[] | null = null;
  #busy = false;

  constructor(source: GeoJSONSource) {
    this.#source = source;
  }

  want(marks: readonly Mark[]): void {
    this.#wanted = marks;
    if (!this.#busy) void this.#flush();
  }

  async #flush(): Promise<void> {
    this.#busy = true;
    try {
      while (this.#wanted !== null) {
        const wanted = new Map(this.#wanted.map((mark) => [mark.id, mark]));
        this.#wanted = null;
        const diff = difference(this.#shown ?? new Map(), wanted);
        const removeAll = this.#shown === null;
        this.#shown = wanted;
        if (removeAll || diff.add.length + diff.remove.length > 0)
          await this.#source.updateData({ removeAll, ...diff });
      }
    } finally {
      this.#busy = false;
    }
  }
}

/** What has to be taken away and added; a changed mark is both. */
export function difference(
  shown: ReadonlyMap<string, Mark>,
  wanted: ReadonlyMap<string, Mark>,
): { remove: string[]; add: GeoJSON.Feature[] } {
  const remove = [...shown.keys()].filter((id) => !wanted.has(id));
  const add: GeoJSON.Feature[] = [];
  for (const mark of wanted.values()) {
    const held = shown.get(mark.id);
    if (held !== undefined && same(held, mark)) continue;
    if (held !== undefined) remove.push(mark.id);
    add.push(feature(mark));
  }
  return { remove, add };
}

function same(a: Mark, b: Mark): boolean {
  return a.lon === b.lon && a.lat === b.lat && a.state === b.state && a.kind === b.kind;
}

function feature(mark: Mark): GeoJSON.Feature {
  return {
    type: 'Feature',
    id: mark.id,
    properties: { id: mark.id, icon: iconName(mark), order: drawOrder(mark) },
    geometry: { type: 'Point', coordinates: [mark.lon, mark.lat] },
  };
}
