// The units as the administrator sees them, with those that were given up.
import { asArray, asObject, asText } from '../wire/json';
import { get, post, put } from './request';

export interface Unit {
  code: string;
  name: string;
  disabled: boolean;
}

export async function listUnits(): Promise<Unit[]> {
  return asArray((await get('/api/v1/units?all=1'))['units']).flatMap((item) => {
    const raw = asObject(item);
    return raw === null
      ? []
      : [{ code: asText(raw['code']), name: asText(raw['name']).normalize('NFC'), disabled: raw['disabled'] === true }];
  });
}

/** Throws Problem: 409 code_taken, 422 with fields. */
export async function addUnit(code: string, name: string): Promise<void> {
  await post('/api/v1/units', { code, name: name.normalize('NFC') });
}

/** Throws Problem: 422 with fields. */
export async function changeUnit(unit: Unit): Promise<void> {
  const { code, name, disabled } = unit;
  await put(`/api/v1/units/${encodeURIComponent(code)}`, { name: name.normalize('NFC'), disabled });
}
