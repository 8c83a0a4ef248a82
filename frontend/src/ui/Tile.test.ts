// @vitest-environment happy-dom
import { cleanup, render } from '@testing-library/svelte';
import { afterEach, describe, expect, it } from 'vitest';
import Tile from './Tile.svelte';
import type { TileView } from './tileView';

const tile: TileView = {
  key: 'kpi/overdue',
  label: 'Quá hạn xử lý',
  value: '7',
  unit: '',
  state: 'warning',
  word: 'Quá hạn',
  compare: 'lâu nhất 3 ngày',
  age: 'lúc 14:32',
  freshness: 'fresh',
  short: 'Quá hạn',
  brief: '7',
  briefAge: '',
  stateWord: 'Cảnh báo',
  trend: [3, null, 5, 7],
  target: 0,
};

afterEach(cleanup);

describe('a tile on the page', () => {
  it('says number, state and comparison in words', () => {
    const { container } = render(Tile, { tile });
    const text = container.textContent.replace(/\s+/g, ' ');
    for (const part of ['Quá hạn xử lý', '7', 'lâu nhất 3 ngày', 'lúc 14:32']) expect(text).toContain(part);
    expect(container.querySelector('svg')).not.toBeNull();
  });

  it('changes its number without changing its elements', async () => {
    const { container, rerender } = render(Tile, { tile });
    const before = [...container.querySelectorAll('*')];
    await rerender({ tile: { ...tile, value: '8' } });
    expect([...container.querySelectorAll('*')]).toEqual(before);
    expect(container.querySelector('.number')?.textContent).toBe('8');
  });

  it.each(['stale', 'unknown'] as const)('that is %s looks it', (freshness) => {
    const { container } = render(Tile, { tile: { ...tile, freshness } });
    expect(container.querySelector('section')?.classList.contains(freshness)).toBe(true);
  });
});
