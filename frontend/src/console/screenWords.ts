// The words of what screens confirm, follow and are set to.
import type { Formats } from '../i18n/format';
import { m } from '../i18n/messages/messages.js';
import type { Shown } from '../rules/state';
import type { DensityChoice } from '../wire/screen';
import type { Confirmation, Following } from './screenRows';

export function confirmationWord(said: Confirmation, formats: Formats, now: number): string {
  switch (said.kind) {
    case 'none':
      return m.confirm_none();
    case 'waiting':
      return m.confirm_waiting();
    case 'away':
      return m.confirm_away();
    case 'shown':
      return m.confirm_shown({ time: formats.since(said.at, now) });
    case 'refused':
      return m.confirm_refused({ reason: said.reason });
  }
}

const densityWords: Record<DensityChoice, () => string> = {
  auto: m.density_auto,
  far: m.density_far,
  middle: m.density_middle,
  near: m.density_near,
};

export function densityWord(density: DensityChoice): string {
  return densityWords[density]();
}

const followingWords: Record<Following, () => string> = {
  same: m.following_same,
  waiting: m.following_waiting,
  other: m.following_other,
  refused: m.following_refused,
  away: m.following_away,
};

export function followingWord(following: Following): string {
  return followingWords[following]();
}

const followingStates: Record<Following, Shown> = {
  same: 'normal',
  waiting: 'attention',
  other: 'warning',
  refused: 'critical',
  away: 'warning',
};

export function followingState(following: Following): Shown {
  return followingStates[following];
}
