import type { View } from './gate';

/** What a wall's page shows, as the gate last said. */
export class ShownView {
  now = $state.raw<View>({ kind: 'wall', speaks: true });
}
