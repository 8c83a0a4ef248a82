import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Places, type Area } from '../../rules/places';
import { Drafts } from '../drafts.svelte';
import type { Desk } from '../session.svelte';
import { communesOf, findCommunes, fold } from './communes';
import { csvOf, headings, resultRows } from './csv';
import { desktopOf, Entry } from './entry.svelte';
import { Table } from './table.svelte';
import { entryRequest, faultAt, missing, pointOf } from './typed';

const area = (code: string, parent: string, level: Area['level'], kind: string, name: string): Area => ({
  code,
  parent,
  level,
  kind,
  name,
});
const desk: Desk = {
  division: { code: 'vn', label: '', root: '67', origin: 'real' },
  topic: '',
  places: new Places([
    area('67', '', 'province', 'tỉnh', 'Đắk Nông'),
    area('660', '67', 'district', 'thành phố', 'Gia Nghĩa'),
    area('661', '67', 'district', 'huyện', 'Đắk Glong'),
    area('24611', '660', 'commune', 'phường', 'Nghĩa Đức'),
    area('24615', '660', 'commune', 'phường', 'Quảng Thành'),
    area('24631', '661', 'commune', 'xã', 'Quảng Sơn'),
    area('24634', '661', 'commune', 'xã', 'Đắk Ha'),
  ]),
  categories: [],
  units: [],
};
const found = (typed: string): string[] => findCommunes(communesOf(desk, null), typed).map(({ code }) => code);

describe('finding a commune', () => {
  it('takes what is typed without diacritics, in any order, and codes', () => {
    expect(found('quang son')).toEqual(['24631']);
    expect(found('Đắk Ha'.normalize('NFD'))).toEqual(['24634']);
    expect(found('nghia duc gia nghia')).toEqual(['24611']);
    expect(found('24615')).toEqual(['24615']);
    expect(found('khong co')).toEqual([]);
  });

  it('puts those whose own name it is before those of a district of that name', () => {
    expect(found('nghia')).toEqual(['24611', '24615']);
    expect(found('dak ha')[0]).toBe('24634');
    expect(found('dak')).toEqual(['24634', '24631']);
  });

  it('offers only what lies in the areas of its writer', () => {
    expect(communesOf(desk, ['vn/661']).map(({ word }) => word)).toEqual([
      'xã Đắk Ha, huyện Đắk Glong',
      'xã Quảng Sơn, huyện Đắk Glong',
    ]);
    expect(communesOf(desk, ['vn/67'])).toHaveLength(4);
    expect(communesOf(null, null)).toEqual([]);
  });

  it('folds every letter', () => {
    expect(fold('ĐẮK MIL, Rác Ở Ưng')).toBe('dak mil, rac o ung');
  });
});

it.each([
  ['12.0041, 107.6907', { lat: 12.0041, lon: 107.6907 }],
  ['12,0041; 107,6907', { lat: 12.0041, lon: 107.6907 }],
  ['12.0041,107.6907', { lat: 12.0041, lon: 107.6907 }],
  [' 12.0041 107.6907 ', { lat: 12.0041, lon: 107.6907 }],
  ['12,0041, 107,6907', { lat: 12.0041, lon: 107.6907 }],
  ['12; 107', { lat: 12, lon: 107 }],
  ['12.0041', null],
  ['12,0041', null],
  ['gần chợ', null],
  ['', null],
])('reads %j as a place', (text, want) => {
  expect(pointOf(text)).toEqual(want);
});

const filled = (entry: Entry): void => {
  Object.assign(entry.typed, {
    channel: 'phone',
    category: 'MT',
    text: ' Rác '.normalize('NFD'),
    commune: '24611',
    phone: '0912 345 678',
    occurred: '2026-11-30T07:30',
  });
};

it('asks only for what was filled in', () => {
  const entry = new Entry();
  filled(entry);
  expect(entryRequest(entry.typed)).toEqual({
    channel: 'phone',
    category: 'MT',
    description: 'Rác',
    commune: '24611',
    occurred_at: '2026-11-30T00:30:00.000Z',
    contact: { phone: '0912 345 678' },
  });
  Object.assign(entry.typed, { where: 'point', point: '12; 107', emergency: true, phone: ' ', occurred: '' });
  expect(entryRequest(entry.typed)).toEqual({
    channel: 'phone',
    category: 'MT',
    description: 'Rác',
    location: { lat: 12, lon: 107 },
    emergency: true,
  });
});

it('says everything that is missing at once', () => {
  const { typed } = new Entry();
  expect(missing(typed).map(({ field }) => field)).toEqual(['channel', 'category', 'description', 'commune']);
  Object.assign(typed, { where: 'point', point: 'x' });
  expect(missing(typed).at(-1)).toMatchObject({ field: 'location', reason: 'format' });
});

it('finds a fault at a field and at a part of it', () => {
  const faults = [{ field: 'location.lat', reason: 'format', detail: 'Sai' }];
  expect([faultAt(faults, 'commune', 'location'), faultAt(faults, 'loc')]).toEqual(['Sai', '']);
});

interface Asked {
  path: string;
  body: unknown;
  key: string | null;
}
let asked: Asked[] = [];
let answers: (() => Promise<Response>)[] = [];
const says = (status: number, body: object): (() => Promise<Response>) => {
  return () => Promise.resolve(new Response(JSON.stringify(body), { status }));
};

beforeEach(() => {
  asked = [];
  answers = [];
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    const { body } = init;
    asked.push({ path, body, key: new Headers(init.headers).get('Idempotency-Key') });
    return answers.shift()?.() ?? Promise.reject(new TypeError('no network'));
  });
});

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('a form', () => {
  it('pressed twice sends once, and forgets who called', async () => {
    const entry = new Entry();
    filled(entry);
    answers = [says(201, { id: 'a', code: 'PA-1', area_name: 'phường Nghĩa Đức' })];
    expect(await Promise.all([entry.send(), entry.send()])).toEqual([true, false]);
    expect(asked).toHaveLength(1);
    expect(entry.receipt?.code).toBe('PA-1');
    expect(entry.typed).toMatchObject({ channel: 'phone', text: '', phone: '', commune: '' });
    const [first] = asked;
    entry.next();
    filled(entry);
    answers = [says(201, { id: 'b', code: 'PA-2' })];
    await entry.send();
    expect(asked[1]?.key).not.toBe(first?.key);
  });

  it('whose answer was lost goes again as it was, also after the session was lost', async () => {
    const entry = new Entry();
    filled(entry);
    expect(await entry.send()).toBe(false);
    expect(entry.unsure).toBe(true);
    entry.typed.text = 'khác';
    answers = [says(401, { title: 'x' }), says(200, { id: 'a', code: 'PA-1' })];
    expect(await entry.send()).toBe(false);
    expect(entry.unsure).toBe(true);
    expect(await entry.send()).toBe(true);
    expect(new Set(asked.map(({ key, body }) => `${String(key)} ${String(body)}`)).size).toBe(1);
  });

  it('that is refused says why at its fields, and can be changed', async () => {
    const entry = new Entry();
    filled(entry);
    const errors = [{ field: 'contact.phone', reason: 'format', detail: 'Số điện thoại không đúng.' }];
    answers = [says(422, { title: 'x', errors })];
    expect(await entry.send()).toBe(false);
    expect([faultAt(entry.faults, 'contact.phone'), entry.fault, entry.unsure]).toEqual([
      'Số điện thoại không đúng.',
      '',
      false,
    ]);
    entry.typed.text = 'Rác nhiều';
    expect(entry.faults).toHaveLength(1);
    entry.typed.phone = '0912 345 679';
    expect(entry.faults).toEqual([]);
  });

  it('waits with the drafts of its writer, and with no one else’s', () => {
    const mine = new Drafts();
    desktopOf(mine).entry.typed.text = 'dở dang';
    expect(desktopOf(mine).entry.typed.text).toBe('dở dang');
    expect(desktopOf(new Drafts()).entry.typed.text).toBe('');
  });
});

const tried = (refused: object[]): object => ({ lines: 3, accepted: 3 - refused.length, refused });
const bad = { line: 3, column: 'Lĩnh vực', field: 'category', reason: 'unknown', detail: 'Không có lĩnh vực này.' };

describe('a table', () => {
  const file = new File(['a;b'], 'so-tay.csv');

  it('is tried, then its good lines are taken', async () => {
    const table = new Table();
    answers = [says(200, tried([bad])), says(200, { ...tried([bad]), reports: [{ line: 2, code: 'PA-1' }] })];
    await table.choose(file);
    expect(table.tried?.refused).toEqual([{ line: 3, column: 'Lĩnh vực', detail: 'Không có lĩnh vực này.' }]);
    await table.take();
    expect(table.done?.reports).toEqual([{ line: 2, code: 'PA-1', repeated: false }]);
    expect(asked.map(({ path }) => path.split('?')[1])).toEqual([
      'dry_run=true&channel=staff',
      'skip_bad=true&channel=staff',
    ]);
  });

  it('that was good and is not any more is tried again', async () => {
    const table = new Table();
    answers = [says(200, tried([])), says(422, tried([bad])), says(200, tried([bad]))];
    await table.choose(file);
    await table.take();
    expect([table.done, table.tried?.refused.length, table.fault]).toEqual([null, 1, '']);
    expect(asked[1]?.path).toBe('/api/v1/reports/import?channel=staff');
  });

  it('that cannot be read says all of why', async () => {
    const table = new Table();
    const errors = ['Thiếu cột “Nội dung”.', 'Thiếu cột “Lĩnh vực”.'].map((detail) => ({
      field: '',
      reason: '',
      detail,
    }));
    answers = [says(422, { errors })];
    await table.choose(file);
    expect(table.untried).toBe(false);
    expect([table.tried, table.fault]).toEqual([null, 'Thiếu cột “Nội dung”. Thiếu cột “Lĩnh vực”.']);
    await table.choose(new File([new Uint8Array(8 * 1024 * 1024 + 1)], 'to.csv'));
    expect(table.fault).toContain('8 MiB');
    expect(asked).toHaveLength(1);
  });

  it('whose answer was lost can be sent again', async () => {
    const table = new Table();
    await table.choose(file);
    expect([table.tried, table.untried]).toEqual([null, true]);
    answers = [says(200, tried([]))];
    await table.try();
    expect(table.untried).toBe(false);
    await table.take();
    expect(table.fault).toContain('không bị nhập hai lần');
    answers = [says(200, { lines: 3, accepted: 1, repeated: 2 })];
    await table.take();
    expect([table.done?.accepted, table.done?.repeated, table.fault]).toEqual([1, 2, '']);
  });
});

describe('the files', () => {
  it('are what spreadsheets read, and reckon nothing', async () => {
    const bytes = new Uint8Array(await csvOf([['a;b', '=1+1', 'x"y', 'c']]).arrayBuffer());
    expect([...bytes.slice(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
    expect(new TextDecoder().decode(bytes)).toBe('"a;b";\'=1+1;"x""y";c\r\n');
    expect(headings()).toHaveLength(12);
  });

  it('tell of every line what became of it', () => {
    const rows = resultRows({
      lines: 3,
      accepted: 1,
      repeated: 1,
      refused: [{ line: 3, column: 'Lĩnh vực', detail: 'Không có.' }],
      omitted: 0,
      ignored: [],
      reports: [
        { line: 4, code: 'PA-2', repeated: true },
        { line: 2, code: 'PA-1', repeated: false },
      ],
    });
    expect(rows.map((row) => row.join(' | '))).toEqual([
      'Dòng | Mã | Kết quả | Cột',
      '2 | PA-1 | đã nhập | ',
      '3 |  | Không có. | Lĩnh vực',
      '4 | PA-2 | đã có từ trước | ',
    ]);
  });
});
