import { describe, expect, it } from 'vitest';
import { begin, step, tellEveryMs, type Happening, type Hold } from './hold';

const idle = 600_000;
const manned = begin('manned', 0);
const locked: Hold = { ...begin('locked', 0) };
const vacant = begin('vacant', 0);

describe('a desk', () => {
  const table: [name: string, from: Hold, event: Happening, at: number, to: Partial<Hold>, deed: string][] = [
    [
      'that is touched stays open',
      manned,
      { kind: 'touched' },
      5_000,
      { standing: 'manned', touchedAt: 5_000 },
      'none',
    ],
    ['tells of hands once a minute', manned, { kind: 'touched' }, tellEveryMs, { toldAt: tellEveryMs }, 'tell'],
    ['nobody touches locks', manned, { kind: 'tick' }, idle, { standing: 'locked', owed: true }, 'lock'],
    ['does not lock a moment early', manned, { kind: 'tick' }, idle - 1, { standing: 'manned' }, 'none'],
    ['that slept locks under the first hand', manned, { kind: 'touched' }, idle + 1, { standing: 'locked' }, 'lock'],
    ['is locked by its key', manned, { kind: 'lock' }, 1, { standing: 'locked', asking: 'none' }, 'lock'],
    ['that is locked asks by the same key', locked, { kind: 'lock' }, 1, { asking: 'unlock' }, 'none'],
    ['without a person asks who comes', vacant, { kind: 'lock' }, 1, { asking: 'change' }, 'none'],
    [
      'changes its person while one is there',
      manned,
      { kind: 'change' },
      1,
      { standing: 'manned', asking: 'change' },
      'none',
    ],
    [
      'changes its person while locked',
      locked,
      { kind: 'change' },
      1,
      { standing: 'locked', asking: 'change' },
      'none',
    ],
    [
      'opens for whom the server admits',
      { ...locked, asking: 'unlock', owed: true },
      { kind: 'admitted' },
      7,
      { standing: 'manned', asking: 'none', touchedAt: 7, owed: false },
      'none',
    ],
    [
      'closes its form and stays as it was',
      { ...locked, asking: 'unlock' },
      { kind: 'cancel' },
      1,
      { standing: 'locked', asking: 'none' },
      'none',
    ],
    [
      'locked elsewhere is locked here',
      manned,
      { kind: 'said', standing: 'locked' },
      1,
      { standing: 'locked' },
      'none',
    ],
    [
      'whose person signed out is vacant',
      manned,
      { kind: 'said', standing: 'vacant' },
      1,
      { standing: 'vacant' },
      'none',
    ],
    [
      'keeps the form open while the server repeats itself',
      { ...manned, asking: 'change' },
      { kind: 'said', standing: 'manned' },
      1,
      { asking: 'change' },
      'none',
    ],
    [
      'stays locked until the server knows',
      { ...locked, owed: true },
      { kind: 'said', standing: 'manned' },
      1,
      { standing: 'locked', owed: true },
      'none',
    ],
    [
      'asks the server to lock until it says so',
      { ...locked, owed: true },
      { kind: 'tick' },
      1,
      { owed: true },
      'lock',
    ],
    [
      'owes nothing once the server has locked',
      { ...locked, owed: true },
      { kind: 'said', standing: 'locked' },
      1,
      { owed: false },
      'none',
    ],
    ['that is locked asks when an act is refused', locked, { kind: 'refused' }, 1, { asking: 'unlock' }, 'none'],
    ['without a person asks when an act is refused', vacant, { kind: 'refused' }, 1, { asking: 'change' }, 'none'],
    ['with a person does not ask for another right', manned, { kind: 'refused' }, 1, { asking: 'none' }, 'none'],
    [
      'does not mind hands while locked',
      locked,
      { kind: 'touched' },
      idle,
      { standing: 'locked', touchedAt: 0 },
      'none',
    ],
  ];
  it.each(table)('%s', (_, from, event, at, to, deed) => {
    const after = step(from, event, at, idle);
    expect(after.hold).toMatchObject(to);
    expect(after.deed).toBe(deed);
  });
});
