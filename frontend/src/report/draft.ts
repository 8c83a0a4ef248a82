// What somebody is about to tell: the words of the form before they are a report.

export type PlaceKind = 'gps' | 'map' | 'commune';

export interface Place {
  readonly kind: PlaceKind;
  readonly lat: number;
  readonly lon: number;
  /** The name of the commune; empty while nobody knows it. */
  readonly name: string;
  /** How far off a position by satellite may be, in metres; 0 for other places. */
  readonly accuracy: number;
}

export interface Draft {
  category: string;
  description: string;
  emergency: boolean;
  place: Place | null;
  address: string;
  name: string;
  phone: string;
  email: string;
}

export type Field = 'category' | 'description' | 'place' | 'address' | 'name' | 'phone' | 'email';

export type Faults = Partial<Record<Field | 'other', string>>;

export function emptyDraft(): Draft {
  return { category: '', description: '', emergency: false, place: null, address: '', name: '', phone: '', email: '' };
}

/** Whether anything was entered that would be missed. */
export function isBegun(draft: Draft): boolean {
  return draft.category !== '' || draft.description.trim() !== '' || draft.place !== null || draft.address !== '';
}

/** The step of the form, from 1, on which a field stands. */
export function stepOf(field: Field): number {
  switch (field) {
    case 'category':
      return 1;
    case 'description':
      return 2;
    case 'place':
    case 'address':
    case 'name':
    case 'phone':
    case 'email':
      return 3;
  }
}

/** The field of the form that the API means. */
export function fieldOf(name: string): Field | 'other' {
  const known: readonly string[] = ['category', 'description', 'address', 'name', 'phone', 'email'];
  const own = name.replace(/^contact\./, '');
  if (own.startsWith('location')) return 'place';
  return known.includes(own) ? (own as Field) : 'other';
}

/**
 * The body of a report for the API. `occurredAt` is when it was written, in milliseconds of the server's clock; null
 * when nobody can tell.
 */
export function bodyOf(draft: Draft, occurredAt: number | null): string {
  const contact = { name: draft.name.trim(), phone: draft.phone.trim(), email: draft.email.trim() };
  const filled = Object.fromEntries(Object.entries(contact).filter(([, text]) => text !== ''));
  return JSON.stringify({
    category: draft.category,
    description: draft.description.normalize('NFC'),
    ...(draft.address.trim() === '' ? {} : { address: draft.address.normalize('NFC').trim() }),
    ...(draft.emergency ? { emergency: true } : {}),
    ...(draft.place === null ? {} : { location: { lat: draft.place.lat, lon: draft.place.lon } }),
    ...(Object.keys(filled).length === 0 ? {} : { contact: filled }),
    ...(occurredAt === null ? {} : { occurred_at: new Date(occurredAt).toISOString() }),
  });
}

/** A UUID of version 4. The browser's own maker is missing where a page came without https. */
export function newID(): string {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}
