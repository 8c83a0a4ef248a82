// The paired desks: machines that keep the list on screen while people come and go.
import { asArray, asObject, asText, asTexts, asTime } from '../wire/json';
import { get, post, remove } from './request';

export interface DeskRow {
  id: string;
  label: string;
  /** "division/code" of the areas whose list it shows. */
  areas: string[];
  pairedAt: number | null;
}

const path = '/api/v1/desks';

export async function listDesks(): Promise<DeskRow[]> {
  return asArray((await get(path))['desks']).flatMap((item) => {
    const raw = asObject(item);
    return raw === null
      ? []
      : [
          {
            id: asText(raw['id']),
            label: asText(raw['label']).normalize('NFC'),
            areas: asTexts(raw['areas']),
            pairedAt: asTime(raw['paired_at']),
          },
        ];
  });
}

/** Makes a desk of this very machine. Throws Problem: 409 when it is one, 422 with fields. */
export async function pairDesk(label: string, areas: readonly string[]): Promise<void> {
  await post(path, { label: label.normalize('NFC'), areas: [...areas] });
}

export function endDesk(id: string): Promise<void> {
  return remove(`${path}/${encodeURIComponent(id)}`);
}
