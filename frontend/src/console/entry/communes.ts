// Finding a commune by what is typed of it, with or without diacritics.
import type { Desk } from '../session.svelte';

export interface Commune {
  code: string;
  /** "xã Quảng Sơn, huyện Đắk Glong". */
  word: string;
}

const mostShown = 8;

/** Small letters without diacritics, as people type in a hurry. */
export function fold(text: string): string {
  return text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase().replaceAll('đ', 'd');
}

/** The communes of the province; with areas ("division/code") only those that lie in one of them. */
export function communesOf(desk: Desk | null, areas: readonly string[] | null): Commune[] {
  if (desk === null) return [];
  const { division, places } = desk;
  const inside = (path: readonly string[]): boolean =>
    areas === null || path.some((code) => areas.includes(`${division.code}/${code}`));
  return places
    .below(division.root)
    .filter(({ code, level }) => level === 'commune' && inside(places.path(code)))
    .map(({ code }) => ({
      code,
      word: places.full(places.path(code)),
    }));
}

/** The communes whose words begin with all that was typed, or whose code does: those whose own name begins so first. */
export function findCommunes(communes: readonly Commune[], typed: string): Commune[] {
  const parts = words(typed);
  if (parts.length === 0) return communes.slice(0, mostShown);
  const whole = parts.join(' ');
  const rank = (word: string): number => {
    const name = words(word.split(',')[0] ?? '').join(' ');
    return name === whole ? 0 : ` ${name}`.endsWith(` ${whole}`) ? 1 : name.includes(whole) ? 2 : 3;
  };
  return communes
    .filter(
      ({ code, word }) => code === whole || parts.every((part) => words(word).some((each) => each.startsWith(part))),
    )
    .map((commune) => ({ commune, at: rank(commune.word) }))
    .sort((a, b) => a.at - b.at)
    .slice(0, mostShown)
    .map(({ commune }) => commune);
}

const words = (text: string): string[] =>
  fold(text)
    .split(/[\s,.-]+/)
    .filter((word) => word !== '');
