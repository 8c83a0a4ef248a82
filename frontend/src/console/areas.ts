// The areas of the division in use, as forms offer them and lists name them.
import type { Desk } from './session.svelte';

export interface AreaChoice {
  code: string;
  /** "division/code", as scopes name areas. */
  name: string;
  /** Indented when it lies in the one before it that is not. */
  word: string;
}

/** The areas of the province, without the province itself. */
export function areasBelow(desk: Desk | null): AreaChoice[] {
  if (desk === null) return [];
  const { division, places } = desk;
  return places.below(division.root).map(({ code, level }) => ({
    code,
    name: `${division.code}/${code}`,
    word: (level === 'commune' ? '\u00a0\u00a0' : '') + places.named(code),
  }));
}

/** The whole province first, then its areas. */
export function areaChoices(desk: Desk | null): AreaChoice[] {
  if (desk === null) return [];
  const { division, places } = desk;
  const whole = { code: division.root, name: `${division.code}/${division.root}`, word: places.named(division.root) };
  return [whole, ...areasBelow(desk)];
}

/** An area in words; one of another division stands as it came. */
export function areaWord(desk: Desk | null, name: string): string {
  const [division, code = ''] = name.split('/');
  return desk !== null && division === desk.division.code ? desk.places.named(code) : name;
}
