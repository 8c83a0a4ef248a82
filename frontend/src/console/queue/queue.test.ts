import { afterEach, describe, expect, it, vi } from 'vitest';
import { Problem, Unreachable } from '../../api/request';
import type { OpsReport } from '../../wire/report';
import { boxBetween, boxByKey, middleBox } from './boxes';
import { Bulk } from './bulk.svelte';
import { sendInChunks, type Progress } from './chunks';
import { differenceOf } from './difference';
import {
  addressOf,
  boundOf,
  daysOf,
  everyday,
  filterOf,
  matches,
  readAddress,
  sameFilter,
  searchOf,
  viewOf,
} from './filter';
import { insertText } from './insert';
import { actKeys, commandOf } from './keys';
import { Selection } from './selection.svelte';

const page = '#phan-anh';
const zone = 'Asia/Ho_Chi_Minh';

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('a filter', () => {
  it('comes back from the address as it went in', () => {
    const filter = filterOf({ status: 'moi,tra_lai', q: 'rác & "đường" #1?', open: '', due_within: '4', sort: 'due' });
    const address = addressOf(page, '0193-a', filter);
    expect(readAddress(address, page)).toEqual({ opened: '0193-a', filter });
  });

  it('leaves no trace in the address while it is the everyday one', () => {
    expect(addressOf(page, '', { ...everyday })).toBe(page);
    expect(readAddress(page, page)).toEqual({ opened: '', filter: everyday });
  });

  it('ignores what an address says that nobody knows', () => {
    const { opened, filter } = readAddress(`${page}/%E0%A4%A?limit=9&cursor=x&status=moi`, page);
    expect(opened).toBe('');
    expect(filter).toEqual({ ...everyday, status: 'moi' });
  });

  it('asks the server only for what it narrows', () => {
    expect(searchOf({ ...everyday, open: '', unit: '-' }).toString()).toBe('unit=-&sort=received');
  });

  it('is the same after it was saved, also when it asks for open and closed ones', () => {
    const filter = filterOf({ open: '', area: '67,660' });
    expect(sameFilter(filterOf(viewOf(filter)), filter)).toBe(true);
  });

  it('takes days as the place counts them, the last one included', () => {
    const filter = filterOf({
      received_from: boundOf('2026-11-22', zone, false),
      received_to: boundOf('2026-11-23', zone, true),
    });
    expect([filter.received_from, filter.received_to]).toEqual([
      '2026-11-21T17:00:00.000Z',
      '2026-11-23T17:00:00.000Z',
    ]);
    expect(daysOf(filter, zone)).toEqual({ from: '2026-11-22', to: '2026-11-23' });
    expect(boundOf('', zone, false)).toBe('');
  });
});

describe('a report against a filter', () => {
  const now = Date.parse('2026-11-23T02:00:00Z');
  const hour = 3_600_000;
  const report = {
    status: 'moi',
    priority: 'cao',
    category: 'MT',
    source: 'form',
    unit: '',
    path: ['67', '660', '24611'],
    closedAt: null,
    emergency: false,
    hasContact: true,
    receivedAt: now - hour,
    dueAt: now + hour,
  } as unknown as OpsReport;

  it.each([
    [{}, true],
    [{ status: 'tra_lai,moi' }, true],
    [{ status: 'tra_lai' }, false],
    [{ unit: '-' }, true],
    [{ unit: 'so-xd' }, false],
    [{ area: '661,660' }, true],
    [{ open: 'false' }, false],
    [{ open: '' }, true],
    [{ overdue: 'true' }, false],
    [{ due_within: '2' }, true],
    [{ due_within: '1', received_from: '2026-11-23T02:00:00Z' }, false],
    [{ received_to: '2026-11-23T01:00:00Z' }, false],
    [{ has_contact: 'false' }, false],
    [{ q: 'rác' }, false],
  ])('%j: %s', (parts: Record<string, string>, stands) => {
    expect(matches(report, filterOf(parts), now)).toBe(stands);
  });
});

describe('a selection', () => {
  const ids = ['a', 'b', 'c', 'd', 'e'];

  it('walks and stops at both ends', () => {
    const selection = new Selection();
    expect(selection.step(ids, 1)).toBe(0);
    expect(selection.step(ids, 10)).toBe(4);
    expect(selection.step(ids, -Infinity)).toBe(0);
    expect(selection.step([], 1)).toBe(-1);
    selection.at = 'gone';
    expect(selection.step(ids, -Number.MAX_SAFE_INTEGER)).toBe(0);
    selection.at = 'gone';
    expect(selection.step(ids, -1)).toBe(4);
  });

  it('grows and shrinks from where the range began', () => {
    const selection = new Selection();
    selection.stand('c');
    selection.step(ids, 1, true);
    selection.step(ids, 1, true);
    expect(selection.in(ids)).toEqual(['c', 'd', 'e']);
    selection.step(ids, -3, true);
    expect(selection.in(ids)).toEqual(['b', 'c']);
    selection.step(ids, 1);
    expect(selection.in(ids)).toEqual(['b', 'c']);
    selection.step(ids, 1, true);
    expect(selection.in(ids)).toEqual(['c', 'd']);
  });

  it('is in the order of the list, and keeps to what is there', () => {
    const selection = new Selection();
    selection.toggle('d');
    selection.toggle('b');
    selection.toggle('e');
    selection.toggle('e');
    expect(selection.in(ids)).toEqual(['b', 'd']);
    selection.keepTo(['a', 'd']);
    expect([selection.size, selection.has('d')]).toEqual([1, true]);
  });
});

describe('the keys', () => {
  const press = (key: string, more: object = {}): Parameters<typeof commandOf>[0] => ({
    key,
    shiftKey: false,
    ctrlKey: false,
    metaKey: false,
    altKey: false,
    ...more,
  });

  it('are one letter an act, each another, and none that means something else', () => {
    const letters = Object.values(actKeys);
    expect(new Set(letters).size).toBe(letters.length);
    for (const [act, key] of Object.entries(actKeys)) expect(commandOf(press(key), true)).toEqual({ do: 'act', act });
  });

  it('leave letters alone when those are turned off, and every key of the browser', () => {
    for (const key of [...Object.values(actKeys), 'j', 'k', 'x', 'o', '/', '?'])
      expect(commandOf(press(key), false)).toBeNull();
    expect(commandOf(press('c', { ctrlKey: true }), true)).toBeNull();
    expect(commandOf(press('ArrowLeft', { altKey: true }), true)).toBeNull();
    expect(commandOf(press('ArrowDown'), false)).toEqual({ do: 'step', by: 1, extend: false });
  });

  it('extend with Shift, also as letters', () => {
    expect(commandOf(press('J', { shiftKey: true }), true)).toEqual({ do: 'step', by: 1, extend: true });
    expect(commandOf(press('ArrowUp', { shiftKey: true }), false)).toEqual({ do: 'step', by: -1, extend: true });
    expect(commandOf(press('N', { shiftKey: true }), true)).toBeNull();
  });
});

describe('sending in chunks', () => {
  const items = [1, 2, 3, 4, 5];

  it('tells how far it is and keeps the order', async () => {
    const progress: Progress[] = [];
    const sent = await sendInChunks(items, {
      size: 2,
      send: (part) => Promise.resolve(part.map((n) => n * 10)),
      again: () => false,
      onProgress: (p) => progress.push(p),
      goOn: () => true,
    });
    expect(sent).toEqual({ results: [10, 20, 30, 40, 50], fault: null });
    expect(progress.map(({ done }) => done)).toEqual([2, 4, 5]);
  });

  it('sends once more under the same name when nothing is known of a part, and no other part after that', async () => {
    const keys: string[] = [];
    const sent = await sendInChunks(items, {
      size: 2,
      send: (part, key) => {
        keys.push(key);
        return keys.length === 2 ? Promise.reject(new Unreachable('lost')) : Promise.resolve([...part]);
      },
      again: (err) => err instanceof Unreachable,
      onProgress: () => undefined,
      goOn: () => true,
    });
    expect(sent.results).toEqual(items);
    expect(keys[1]).toBe(keys[2]);
    expect(new Set(keys).size).toBe(3);
    const refused = await sendInChunks(items, {
      size: 2,
      send: () => Promise.reject(new Problem(403, null)),
      again: (err) => err instanceof Unreachable,
      onProgress: () => undefined,
      goOn: () => true,
    });
    expect([refused.results, refused.fault instanceof Problem]).toEqual([[], true]);
  });

  it('ends between two parts when it is told to', async () => {
    let left = 1;
    const sent = await sendInChunks(items, {
      size: 2,
      send: (part) => Promise.resolve([...part]),
      again: () => false,
      onProgress: () => undefined,
      goOn: () => left-- > 0,
    });
    expect(sent.results).toEqual([1, 2]);
  });
});

describe('an act on many', () => {
  const until = '2026-11-23T02:00:30Z';
  const at = Date.parse(until) - 1;

  function answer(...bodies: object[]): ReturnType<typeof vi.fn<typeof fetch>> {
    const fetcher = vi.fn<typeof fetch>();
    for (const body of bodies) fetcher.mockResolvedValueOnce(new Response(JSON.stringify(body)));
    vi.stubGlobal('fetch', fetcher);
    return fetcher;
  }

  const bodyOf = (call: Parameters<typeof fetch> | undefined): unknown => JSON.parse((call?.[1]?.body ?? '') as string);

  it('tells of each whether it was done, and takes back only what can be', async () => {
    const fetcher = answer(
      {
        items: [
          { id: 'a', done: true, version: 2, undo_until: until },
          { id: 'b', done: false, reason: 'version', detail: 'Vừa được người khác đổi.' },
          { id: 'c', done: true, version: 4, undo_until: null },
        ],
      },
      { items: [{ id: 'a', done: true, version: 3, undo_until: null }] },
    );
    const bulk = new Bulk();
    await bulk.run({ act: 'assign', unit: 'so-xd' }, 'assign', [
      { id: 'a', version: 1 },
      { id: 'b', version: 1 },
      { id: 'c', version: 3 },
    ]);
    expect(bodyOf(fetcher.mock.calls[0])).toEqual({
      act: 'assign',
      unit: 'so-xd',
      reports: [
        { id: 'a', version: 1 },
        { id: 'b', version: 1 },
        { id: 'c', version: 3 },
      ],
    });
    expect(bulk.refused.map(({ id, detail }) => `${id}: ${detail}`)).toEqual(['b: Vừa được người khác đổi.']);
    expect(bulk.undoable(at).map(({ id }) => id)).toEqual(['a']);
    expect(bulk.undoable(at + 1)).toEqual([]);
    await bulk.undo(at);
    expect(bodyOf(fetcher.mock.calls[1])).toEqual({ reports: [{ id: 'a', version: 2 }] });
    expect([bulk.undone, bulk.done.length, bulk.undoable(at).length]).toEqual([true, 1, 0]);
  });
});

describe('what was hidden', () => {
  it('is marked on both sides, and nothing else', () => {
    const { before, after } = differenceOf(
      'Gọi ông Ba 0912 345 678 để nhận lại xe.',
      'Gọi ông Ba [ẩn số] để nhận lại xe.',
    );
    expect(before.filter(({ own }) => own).map(({ text }) => text.trim())).toEqual(['0912 345 678']);
    expect(after.filter(({ own }) => own).map(({ text }) => text.trim())).toEqual(['[ẩn số]']);
    expect(before.map(({ text }) => text).join('')).toBe('Gọi ông Ba 0912 345 678 để nhận lại xe.');
    expect(after.map(({ text }) => text).join('')).toBe('Gọi ông Ba [ẩn số] để nhận lại xe.');
  });

  it('is nothing when both are the same', () => {
    const { before, after } = differenceOf('Đã sửa\nxong.', 'Đã sửa\nxong.');
    expect([...before, ...after].some(({ own }) => own)).toBe(false);
  });
});

describe('a template', () => {
  it('stands where one writes, apart from its neighbours', () => {
    expect(insertText('', 0, 0, 'Kính gửi')).toEqual({ value: 'Kính gửi', at: 8 });
    expect(insertText('Chào.', 5, 5, 'Đã xong.')).toEqual({ value: 'Chào.\nĐã xong.', at: 14 });
    expect(insertText('a [b] c', 2, 5, 'x')).toEqual({ value: 'a x c', at: 3 });
  });
});

describe('a box over a photo', () => {
  const size = { width: 400, height: 300 };

  it('lies inside of it, whichever way it was drawn', () => {
    expect(boxBetween({ x: 390, y: 20 }, { x: 500, y: -9 }, size)).toEqual({ x: 390, y: 0, w: 10, h: 20 });
    expect(boxBetween({ x: 5, y: 5 }, { x: 8, y: 50 }, size)).toBeNull();
  });

  it('is moved and sized by the keyboard within the photo', () => {
    const box = middleBox(size);
    expect(boxByKey(box, 'ArrowLeft', false, size)).toEqual({ ...box, x: box.x - 4 });
    expect(boxByKey(box, 'ArrowDown', true, size)).toEqual({ ...box, h: box.h + 4 });
    expect(boxByKey({ x: 0, y: 0, w: 10, h: 10 }, 'ArrowUp', false, size)).toEqual({ x: 0, y: 0, w: 10, h: 10 });
    expect(boxByKey(box, 'a', false, size)).toBe(box);
  });
});
