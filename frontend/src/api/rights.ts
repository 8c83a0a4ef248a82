// The table of rights, as the server decides by it.
import { asArray, asObject, asText } from '../wire/json';
import { get } from './request';

/** How far a right goes. */
export type Reach = 'none' | 'own' | 'unit' | 'area' | 'all';

export interface RightsTable {
  roles: { id: string; label: string }[];
  rules: { action: string; label: string; grants: Readonly<Record<string, Reach>> }[];
}

const reaches: readonly string[] = ['own', 'unit', 'area', 'all'] satisfies Reach[];

export async function fetchRights(): Promise<RightsTable> {
  const raw = await get('/api/v1/rights');
  return {
    roles: asArray(raw['roles']).flatMap((item) => {
      const role = asObject(item);
      return role === null ? [] : [{ id: asText(role['id']), label: asText(role['label']).normalize('NFC') }];
    }),
    rules: asArray(raw['rules']).flatMap((item) => {
      const rule = asObject(item);
      if (rule === null) return [];
      const grants = Object.entries(asObject(rule['grants']) ?? {}).map(([role, reach]): [string, Reach] => [
        role,
        reaches.includes(asText(reach)) ? (reach as Reach) : 'none',
      ]);
      return [
        {
          action: asText(rule['action']),
          label: asText(rule['label']).normalize('NFC'),
          grants: Object.fromEntries(grants),
        },
      ];
    }),
  };
}
