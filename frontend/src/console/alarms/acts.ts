// What may be done with an alarm as it stands. The server decides; this spares people what it would refuse. Pure.
import type { AlarmAct } from '../../api/alarms';
import type { Alarm } from '../../wire/alarm';

const rights: Readonly<Record<AlarmAct, string>> = {
  ack: 'alarm.ack',
  silence: 'alarm.ack',
  unsilence: 'alarm.ack',
  comment: 'alarm.ack',
  close_stale: 'alarm.ack',
  shelve: 'alarm.shelve',
  unshelve: 'alarm.shelve',
  suppress: 'alarm.suppress',
  unsuppress: 'alarm.suppress',
  out_of_service: 'alarm.service',
  in_service: 'alarm.service',
};

function fits({ state, aside, stale, silencedUntil }: Alarm, act: AlarmAct): boolean {
  switch (act) {
    case 'ack':
      return state === 'unacked' || state === 'cleared';
    case 'silence':
      return state === 'unacked' && aside === '' && silencedUntil === null;
    case 'unsilence':
      return silencedUntil !== null;
    case 'shelve':
    case 'suppress':
    case 'out_of_service':
      return aside === '';
    case 'unshelve':
      return aside === 'shelved';
    case 'unsuppress':
      return aside === 'suppressed';
    case 'in_service':
      return aside === 'out_of_service';
    case 'close_stale':
      return stale;
    case 'comment':
      return true;
    default:
      return act satisfies never;
  }
}

/** In the order in which they are offered; none once it is closed. */
export function lawfulActs(alarm: Alarm, may: (action: string) => boolean): AlarmAct[] {
  if (alarm.state === 'closed') return [];
  return (Object.keys(rights) as AlarmAct[]).filter((act) => may(rights[act]) && fits(alarm, act));
}

/** Acts that set an alarm aside want a reason, a comment its words. */
export const needsWords = (act: AlarmAct): boolean =>
  act === 'shelve' || act === 'suppress' || act === 'out_of_service' || act === 'comment' || act === 'close_stale';
