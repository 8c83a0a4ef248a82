import { describe, expect, it } from 'vitest';
import { bodyOf, emptyDraft, fieldOf, newID } from './draft';
import { within } from './photo';

describe('a draft', () => {
  it('is sent in NFC, without what was left empty', () => {
    const place = { kind: 'gps', lat: 12.0041, lon: 107.6907, name: '', accuracy: 12 } as const;
    const draft = {
      ...emptyDraft(),
      category: 'MT',
      description: 'Rác'.normalize('NFD'),
      place,
      phone: ' 0905 111 222 ',
    };
    expect(JSON.parse(bodyOf(draft, null))).toEqual({
      category: 'MT',
      description: 'Rác',
      location: { lat: 12.0041, lon: 107.6907 },
      contact: { phone: '0905 111 222' },
    });
  });

  it('knows its fields by the names of the API', () => {
    const names = [
      'category',
      'location',
      'location.lat',
      'contact.phone',
      'address',
      'occurred_at',
      'Idempotency-Key',
    ];
    expect(names.map(fieldOf)).toEqual(['category', 'place', 'place', 'phone', 'address', 'other', 'other']);
  });

  it('gets ids that are UUIDs of version 4, each another', () => {
    const ids = Array.from({ length: 100 }, newID);
    expect(new Set(ids).size).toBe(100);
    for (const id of ids) expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  });
});

describe('a photo', () => {
  it.each([
    [4000, 3000, 1600, 1200],
    [3000, 4000, 1200, 1600],
    [800, 600, 800, 600],
    [20_000, 1, 1600, 1],
  ])('of %i × %i becomes one of %i × %i', (width, height, w, h) => {
    expect(within(width, height, 1600)).toEqual({ width: w, height: h });
  });
});
