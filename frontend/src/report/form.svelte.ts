// The form while it is filled in. It outlives a reload, as when a reader asks for larger letters, but not the tab.
import { asNumber, asObject, asText, parseObject } from '../wire/json';
import { emptyDraft, isBegun, newID, type Draft, type Faults, type Place, type PlaceKind } from './draft';

const name = 'phan-anh';
export const lastStep = 3;

export class Form {
  /** The UUID the report will be sent under. */
  id = $state(newID());
  step = $state(1);
  draft = $state<Draft>(emptyDraft());
  faults = $state<Faults>({});

  /** Takes up what this tab held, else what was typed before the script came. */
  constructor(typed: Draft) {
    if (!this.#recall()) this.draft = typed;
  }

  /** Keeps the form over a reload of this tab. */
  keep(): void {
    try {
      if (isBegun(this.draft))
        sessionStorage.setItem(name, JSON.stringify({ id: this.id, step: this.step, draft: this.draft }));
      else sessionStorage.removeItem(name);
    } catch {
      // A browser that keeps nothing: the form lasts as long as the page.
    }
  }

  /** An empty form for another report. */
  clear(): void {
    this.fill(emptyDraft(), {});
    this.step = 1;
  }

  /** The words of a report that was not taken, under a new id. */
  fill(draft: Draft, faults: Faults, id = newID()): void {
    this.id = id;
    this.draft = { ...draft };
    this.faults = faults;
    this.keep();
  }

  #recall(): boolean {
    const kept = parseObject(recalled());
    const raw = asObject(kept?.['draft']);
    if (kept === null || raw === null) return false;
    this.id = asText(kept['id'], this.id);
    this.step = Math.min(lastStep, Math.max(1, asNumber(kept['step']) ?? 1));
    const text = (field: keyof Draft): string => asText(raw[field]);
    this.draft = {
      category: text('category'),
      description: text('description'),
      emergency: raw['emergency'] === true,
      place: placeFrom(raw['place']),
      address: text('address'),
      name: text('name'),
      phone: text('phone'),
      email: text('email'),
    };
    return true;
  }
}

/** What this tab kept; empty without anything, and where a browser keeps nothing. */
function recalled(): string {
  try {
    return sessionStorage.getItem(name) ?? '';
  } catch {
    return '';
  }
}

function placeFrom(value: unknown): Place | null {
  const raw = asObject(value);
  const [lat, lon] = [asNumber(raw?.['lat']), asNumber(raw?.['lon'])];
  const kind = (['gps', 'map', 'commune'] satisfies PlaceKind[]).find((one) => one === raw?.['kind']);
  if (lat === null || lon === null || kind === undefined) return null;
  return { kind, lat, lon, name: asText(raw?.['name']), accuracy: asNumber(raw?.['accuracy']) ?? 0 };
}
