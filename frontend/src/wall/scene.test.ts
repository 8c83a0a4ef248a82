import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseScene, type Scene } from '../rules/scene';
import { Slots } from '../rules/slots';
import { fitWords } from '../ui/fit';
import { trendBox, trendLine } from '../ui/trend';
import { asObject } from '../wire/json';
import { unsetScreen } from '../wire/screen';
import { choose, readGlance } from './choice';
import { chartOf, niceTop } from './hours';
import { limitPlaces, reached, riverPlace } from './riverScale';

function read(id: string): Scene {
  const path = fileURLToPath(new URL(`../../../schema/scenes/${id}.json`, import.meta.url));
  const raw = asObject(JSON.parse(readFileSync(path, 'utf8')));
  if (raw === null) throw new Error(`no scene ${id}`);
  return parseScene(raw);
}

const scenes = [read('ngay-thuong'), read('mua-bao')];
const fullHd = { width: 1920, height: 1080, rem: 16 };
const none = readGlance('');

describe('the scene of a screen', () => {
  const unset = unsetScreen('xa');

  it('of which nothing is set is read from afar', () => {
    expect(choose(scenes, unset, none, fullHd)).toMatchObject({
      kind: 'scene',
      density: 'far',
      shape: 'wide',
      unknown: '',
    });
    expect(choose(scenes, unset, none, { width: 3840, height: 2160, rem: 32 })).toMatchObject({ density: 'far' });
  });

  it('of two by two screens near by shows everything', () => {
    expect(choose(scenes, { ...unset, panelMm: 1370, viewingMm: 3000 }, none, fullHd)).toMatchObject({
      density: 'near',
    });
  });

  it('is refused rather than shown small, by the name of the part', () => {
    const asked = { ...unset, density: 'near' as const };
    expect(choose(scenes, asked, none, fullHd)).toMatchObject({ kind: 'refused', small: { density: 'near' } });
    expect(choose(scenes, { ...unset, viewingMm: 9000 }, none, fullHd)).toMatchObject({
      kind: 'refused',
      small: { density: 'far' },
    });
  });

  it('counts a page that is less wide than 16:9 for what its letters are', () => {
    // 1280 × 1024: the root font follows the width and is smaller than the height would let it be.
    expect(choose(scenes, unset, none, { width: 1280, height: 1024, rem: 1280 / 120 })).toMatchObject({
      kind: 'refused',
    });
  });

  it('is what somebody who only looks asks for', () => {
    const glance = readGlance('?canh=mua-bao&mat-do=near');
    expect(choose(scenes, unset, glance, fullHd)).toMatchObject({
      kind: 'scene',
      scene: { id: 'mua-bao' },
      density: 'near',
    });
  });

  it('falls back to the ordinary one and says which it does not know', () => {
    const chosen = choose(scenes, { ...unset, scene: 'le-hoi' }, none, fullHd);
    expect(chosen).toMatchObject({ kind: 'scene', scene: { id: 'ngay-thuong' }, unknown: 'le-hoi' });
    expect(choose([], unset, none, fullHd)).toBeNull();
  });

  it('has one column in the hand', () => {
    expect(choose(scenes, unset, none, { width: 320, height: 640, rem: 9.5 })).toMatchObject({
      density: 'near',
      shape: 'tall',
    });
  });
});

describe('rows', () => {
  it('stay where they are, and newcomers take what is free', () => {
    const slots = new Slots();
    expect(slots.place(['a', 'b'], 3)).toEqual(['a', 'b', null]);
    expect(slots.place(['c', 'b', 'a'], 3)).toEqual(['a', 'b', 'c']);
    expect(slots.place(['d', 'c'], 3)).toEqual(['d', null, 'c']);
    expect(slots.place(['e', 'f', 'g', 'h'], 3)).toEqual(['e', 'f', 'g']);
    expect(slots.place(['g'], 1)).toEqual(['g']);
  });
});

describe('a trend', () => {
  it('breaks where nothing is known and needs two values', () => {
    expect(trendLine([1, null, 3, 4], null)?.line).toMatch(/^M0\.0 [\d.]+M64\.0 [\d.]+L96\.0 [\d.]+$/);
    expect(trendLine([null, 3, null], null)).toBeNull();
  });

  it('does not blow up a small change, and shows its target', () => {
    const flat = trendLine([96, 96.4, 96.2], 95);
    const heights = [...(flat?.line.matchAll(/ ([\d.]+)/g) ?? [])].map((match) => Number(match[1]));
    expect(Math.max(...heights) - Math.min(...heights)).toBeLessThan(2);
    expect(flat?.target).toBeGreaterThan(0);
    expect(flat?.target).toBeLessThan(trendBox.height);
  });
});

describe('the chart of hours', () => {
  it('draws bars from zero and leaves the usual out where there is none', () => {
    const hours = [2, null, 4].map((count, i) => ({ at: i, count }));
    const chart = chartOf({ hours, average: [1, null, 5] });
    expect(chart.bars.map(({ height }) => height)).toEqual([33.33, 0, 66.67]);
    expect(chart.usual).toBe('M16.67 83.33M83.33 16.67');
    expect(chart.lines.map(({ value }) => value)).toEqual([0, 3, 6]);
    expect(chartOf(null).bars).toEqual([]);
  });

  it('ends at a round number', () => {
    expect([5, 7, 11, 33, 61, 150].map(niceTop)).toEqual([5, 8, 20, 40, 80, 200]);
  });
});

describe('a river on its scale', () => {
  const limit = (label: string, at: number) => ({ label, at, source: '' });
  const three = [limit('BĐ1', 10), limit('BĐ2', 12), limit('BĐ3', 14)];

  it('stands between its levels as its water does', () => {
    const [one = 0, two = 0] = limitPlaces(three);
    expect(riverPlace(11, three)).toBeCloseTo((one + two) / 2, 6);
    expect(riverPlace(10, three)).toBe(one);
    expect(riverPlace(-100, three)).toBe(0);
    expect(riverPlace(100, three)).toBe(100);
    expect(riverPlace(11, [])).toBeNull();
  });

  it('has each level where every other river has it, confirmed or not', () => {
    const [, two, three3] = limitPlaces(three);
    expect(limitPlaces([limit('BĐ2 (BĐ3: chưa có ngưỡng xác nhận)', 5)])).toEqual([two]);
    expect(limitPlaces([limit('BĐ3', 5)])).toEqual([three3]);
    expect(limitPlaces([limit('x', 5), limit('y', 6)])).toHaveLength(2);
  });

  it('has reached the highest level that is not above it', () => {
    expect(reached(12, three)?.label).toBe('BĐ2');
    expect(reached(9, three)).toBeUndefined();
  });
});

describe('a text in one line', () => {
  const measure = (text: string): number => text.length;

  it('ends at a whole word', () => {
    expect(fitWords('Khói lớn ở khu vực rừng thông', 29, measure)).toBe('Khói lớn ở khu vực rừng thông');
    expect(fitWords('Khói lớn ở khu vực rừng thông', 24, measure)).toBe('Khói lớn ở khu vực rừng…');
    expect(fitWords('Khói lớn ở khu vực rừng thông', 23, measure)).toBe('Khói lớn ở khu vực…');
    expect(fitWords('Sạt lở taluy dương, một làn', 22, measure)).toBe('Sạt lở taluy dương…');
    expect(fitWords('Khói', 1, measure)).toBe('Khói…');
  });
});
