import { describe, expect, it } from 'vitest';
import { parseAlarm, parseIncident, type Alarm, type Incident } from '../wire/alarm';
import { stormSigns } from './storm';

const alarm = (id: string, more: object): Alarm => {
  const raw = { id, version: 1, state: 'unacked', priority: 'medium', kind: 'rain', raised_at: '2026-11-23T02:00:00Z' };
  const parsed = parseAlarm({ ...raw, ...more });
  if (parsed === null) throw new Error('unreadable');
  return parsed;
};
const incident = (more: object): Incident => {
  const parsed = parseIncident({ id: 'i', version: 1, state: 'open', kind: 'flood', ...more });
  if (parsed === null) throw new Error('unreadable');
  return parsed;
};

describe('the storm is proposed', () => {
  it.each([
    ['not for nothing', [], [], false],
    ['for one high alarm of water', [{ priority: 'high', kind: 'river' }], [], true],
    ['not for a high alarm of something else', [{ priority: 'high', kind: 'pm25' }], [], false],
    ['not for two medium ones', [{}, {}], [], false],
    ['for three medium ones', [{}, { kind: 'river' }, { state: 'acked' }], [], true],
    [
      'not for what is over, set aside or low',
      [{ state: 'cleared' }, { aside: 'shelved' }, { priority: 'low' }],
      [],
      false,
    ],
    ['for an open incident of water', [], [{}], true],
    ['not for one that is only proposed, or a fire', [], [{ state: 'proposed' }, { kind: 'fire' }], false],
  ] as const)('%s', (_, alarms, incidents, want) => {
    const signs = stormSigns(
      alarms.map((more, i) => alarm(String(i), more)),
      incidents.map((more) => incident(more)),
    );
    expect(signs !== null).toBe(want);
  });
});
