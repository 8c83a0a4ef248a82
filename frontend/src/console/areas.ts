// The areas of the division in use, as forms offer them and lists name them.
import type { Desk } from './session.svelte';

export interface AreaChoice {
  /** "division/code", as scopes name areas. */
  name: string;
  label: string;
  /** It lies in the one before it that is not indented. */
  indent: boolean;
}

/** The whole province first, then its areas. */
export function areaChoices(desk: Desk | null): AreaChoice[] {
  if (desk === null) return [];
  const { division, places } = desk;
  return [
    { code: division.root, level: 'province' },
    ...places.below(division.root).map(({ code, level }) => ({ code, level })),
  ].map(({ code, level }) => ({
    name: `${division.code}/${code}`,
    label: places.named(code),
    indent: level === 'commune',
  }));
}

/** An area in words; one of another division stands as it came. */
export function areaWord(desk: Desk | null, name: string): string {
  const [division, code = ''] = name.split('/');
  return desk !== null && division === desk.division.code ? desk.places.named(code) : name;
}
