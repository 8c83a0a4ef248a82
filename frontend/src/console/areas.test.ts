import { expect, it } from 'vitest';
import { Places, type Area } from '../rules/places';
import { areaChoices, areasBelow, areaWord } from './areas';
import type { Desk } from './session.svelte';

const area = (code: string, parent: string, level: Area['level'], name: string): Area => {
  return { code, parent, level, kind: '', name };
};
const desk: Desk = {
  division: { code: '2025', label: '', root: '68', origin: 'real' },
  topic: '',
  places: new Places([
    area('68', '', 'province', 'Lâm Đồng'),
    area('2', '68', 'commune', 'Đạ Tẻh'),
    area('1', '68', 'district', 'Bảo Lâm'),
    area('3', '1', 'commune', 'Lộc Bắc'),
  ]),
  categories: [],
  units: [],
};

it('offers the province first, and communes below what they lie in', () => {
  expect(areaChoices(desk)).toEqual([
    { code: '68', name: '2025/68', word: 'Lâm Đồng' },
    { code: '1', name: '2025/1', word: 'Bảo Lâm' },
    { code: '3', name: '2025/3', word: '\u00a0\u00a0Lộc Bắc' },
    { code: '2', name: '2025/2', word: '\u00a0\u00a0Đạ Tẻh' },
  ]);
});

it('offers the areas without the province, and nothing before they are known', () => {
  expect(areasBelow(desk).map(({ code }) => code)).toEqual(['1', '3', '2']);
  expect(areasBelow(null)).toEqual([]);
  expect(areaChoices(null)).toEqual([]);
});

it('names an area, and leaves what another division calls its own', () => {
  expect(areaWord(desk, '2025/3')).toBe('Lộc Bắc');
  expect(areaWord(desk, '1998/3')).toBe('1998/3');
});
