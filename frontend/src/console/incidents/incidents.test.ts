import { describe, expect, test } from 'vitest';
import { parseIncidentRow, type LogLine, type Task } from '../../api/incidents';
import { overwriteGetLocale } from '../../i18n/messages/runtime.js';
import { detailWord, heldWord, taskClock, taskState, versionsOf } from './words';

overwriteGetLocale(() => 'vi');

const minute = 60_000;
const now = Date.parse('2026-11-30T02:00:00Z');
const task = (state: Task['state'], due: number | null): Pick<Task, 'state' | 'due' | 'givenAt'> => ({
  state,
  due: due === null ? null : now + due * minute,
  givenAt: now - 5 * minute,
});

describe('the clock of a task', () => {
  test.each([
    ['given', null, 'attention', 'giao 5 phút trước'],
    ['given', 30, 'attention', 'còn 30 phút'],
    ['acked', 30, 'normal', 'còn 30 phút'],
    ['acked', -10, 'critical', 'quá hạn 10 phút'],
    ['done', -10, 'normal', ''],
    ['cancelled', null, 'normal', ''],
  ] as const)('%s, due in %s minutes, is %s: %s', (state, due, loud, words) => {
    const one = task(state, due);
    expect(taskState(one, now)).toBe(loud);
    expect(taskClock(one, now)).toBe(words);
  });
});

test('an incident that nobody vouches for is read as far as it goes', () => {
  const row = parseIncidentRow({
    id: 'x',
    state: 'burning',
    alarms: ['a', 7],
    reports: null,
    tasks: { open: 1, done: 2 },
  });
  expect(row).toMatchObject({ state: 'closed', alarms: 1, reports: 0, tasksOpen: 1, tasksDone: 2, version: 0 });
  expect(heldWord(row)).toBe('1 cảnh báo, 0 phản ánh · nhiệm vụ: 1 đang làm, 2 xong');
});

test('a line of the log names what it is about', () => {
  const line: LogLine = {
    n: 1,
    at: null,
    act: 'x',
    label: '',
    by: '',
    as: '',
    text: '',
    reason: '',
    unit: '',
    person: '',
    attachment: '',
    things: 0,
    told: null,
  };
  const unitName = (code: string): string => code.toUpperCase();
  expect(detailWord({ ...line, told: { reports: 3, mails: 1, left: 1 } }, unitName)).toBe('3 phản ánh, 1 thư');
  expect(detailWord({ ...line, unit: 'pccc' }, unitName)).toBe('PCCC');
  expect(detailWord({ ...line, things: 4 }, unitName)).toBe('4 mục');
  expect(detailWord(line, unitName)).toBe('');
});

test('lists of the same things in another order are the same', () => {
  const [a, b] = [
    { id: 'a', version: 1 },
    { id: 'b', version: 2 },
  ];
  expect(versionsOf([a, b])).toBe(versionsOf([b, a]));
  expect(versionsOf([a, b])).not.toBe(versionsOf([a, { ...b, version: 3 }]));
});
