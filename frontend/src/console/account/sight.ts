import type { Who } from '../../api/session';
import type { Sight } from '../session.svelte';

/** What of the console's stream somebody has, by their rights and their scope; at a paired desk by the desk's, which stay. */
export function sightOf(who: Who | null): Sight {
  const duty = who?.duty ?? null;
  const rights = duty?.rights ?? who?.rights;
  const has = (action: string): boolean => rights?.[action] !== undefined;
  const person = duty !== null ? { areas: duty.areas, units: [] } : who === null || who.desk ? null : who.person;
  return {
    reports: has('report.list'),
    live: has('ticket.get') && (has('listen.ops') || has('listen.unit')),
    scope:
      person === null
        ? null
        : { areas: has('listen.ops') ? person.areas : [], units: has('listen.unit') ? person.units : [] },
  };
}
