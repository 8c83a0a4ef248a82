// The page as the server made it: the plain form, which this one replaces, brings the lists and whatever was typed into it
// before the script came.
import { emptyDraft, type Draft, type Place } from './draft';

export interface Choice {
  readonly code: string;
  readonly name: string;
}

export interface ListedCommune extends Choice {
  readonly lat: number;
  readonly lon: number;
}

export interface District {
  readonly name: string;
  /** The name alone, without what kind of area it is. */
  readonly short: string;
  readonly communes: readonly ListedCommune[];
}

export interface Page {
  readonly division: string;
  readonly english: boolean;
  readonly categories: readonly Choice[];
  readonly districts: readonly District[];
  readonly typed: Draft;
}

/** Reads the plain form; null when it is none, or shows what was wrong with one that was sent without this script. */
export function readPage(plain: HTMLElement): Page | null {
  const category = plain.querySelector<HTMLSelectElement>('#category');
  const commune = plain.querySelector<HTMLSelectElement>('#commune');
  if (category === null || commune === null || plain.dataset['wrong'] !== undefined) return null;
  const districts = [...commune.querySelectorAll('optgroup')].map((group) => ({
    name: group.label,
    short: group.dataset['name'] ?? group.label,
    communes: [...group.querySelectorAll('option')].map(listed),
  }));
  const value = (id: string): string => plain.querySelector<HTMLInputElement>(`#${id}`)?.value ?? '';
  const chosen = districts.flatMap(({ communes }) => communes).find(({ code }) => code === commune.value);
  return {
    division: plain.dataset['division'] ?? '',
    english: document.documentElement.lang === 'en',
    categories: [...category.options].flatMap(({ value, text }) => (value === '' ? [] : [{ code: value, name: text }])),
    districts,
    typed: {
      ...emptyDraft(),
      category: category.value,
      description: value('description'),
      emergency: plain.querySelector<HTMLInputElement>('#emergency')?.checked ?? false,
      place: chosen === undefined ? null : placeOf(chosen),
      address: value('address'),
      name: value('name'),
      phone: value('phone'),
      email: value('email'),
    },
  };
}

/** The middle of a commune as a place. */
export function placeOf({ name, lat, lon }: ListedCommune): Place {
  return { kind: 'commune', lat, lon, name, accuracy: 0 };
}

function listed(option: HTMLOptionElement): ListedCommune {
  const [lat = NaN, lon = NaN] = (option.dataset['at'] ?? '').split(',').map(Number);
  return { code: option.value, name: option.text, lat, lon };
}
