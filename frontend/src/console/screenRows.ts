// What the list of screens says of each: whether an order has arrived, and whether a follower shows what its
// presenter shows.
import type { ListedScreen } from '../api/screens';

export type Confirmation =
  /** Nothing was ever ordered or set. */
  | { kind: 'none' }
  | { kind: 'waiting' }
  /** It will be told when its page speaks again. */
  | { kind: 'away' }
  | { kind: 'shown'; at: number }
  | { kind: 'refused'; at: number; reason: string };

export function confirmation({ state, seen, connected }: ListedScreen): Confirmation {
  if (seen !== null && seen.version >= state.version) {
    return seen.applied ? { kind: 'shown', at: seen.at } : { kind: 'refused', at: seen.at, reason: seen.reason };
  }
  if (state.version === 0) return { kind: 'none' };
  return { kind: connected ? 'waiting' : 'away' };
}

/** True while an answer may come within seconds. */
export function awaited(screens: readonly ListedScreen[]): boolean {
  return screens.some((screen) => confirmation(screen).kind === 'waiting');
}

export interface Meeting {
  presenter: ListedScreen;
  followers: ListedScreen[];
}

/** The meetings that run, by presenter. */
export function meetings(screens: readonly ListedScreen[]): Meeting[] {
  const ids = [...new Set(screens.map(({ state }) => state.show.presenter).filter((id) => id !== ''))].sort();
  return ids.flatMap((id) => {
    const presenter = screens.find(({ state }) => state.id === id);
    const followers = screens.filter(({ state }) => state.show.presenter === id);
    return presenter === undefined ? [] : [{ presenter, followers }];
  });
}

export type Following = 'same' | 'waiting' | 'other' | 'refused' | 'away';

/** What a follower's page says it shows, beside what its presenter was told to show. */
export function following(follower: ListedScreen, { state, area }: ListedScreen): Following {
  if (!follower.connected) return 'away';
  const { kind } = confirmation(follower);
  if (kind === 'refused') return 'refused';
  if (kind !== 'shown') return 'waiting';
  return follower.state.scene === state.scene && follower.area === area ? 'same' : 'other';
}

/** The screen that a digit key names: 1 is the first, 0 the tenth. */
export function byDigit(screens: readonly ListedScreen[], key: string): ListedScreen | undefined {
  return /^[0-9]$/.test(key) ? screens[(Number(key) + 9) % 10] : undefined;
}

/** Skew beyond which a clock is worth a word. */
export const skewLimitMs = 2000;
