// @vitest-environment happy-dom
import { afterEach, expect, it, vi } from 'vitest';
import { Ruler } from './ruler';

afterEach(() => {
  vi.restoreAllMocks();
});

it('lets no canvas measure more than 200 texts, for each keeps all of its own', () => {
  const pens: { font: string; texts: string[] }[] = [];
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockImplementation(() => {
    const pen = { font: '', texts: [] as string[], measureText: (text: string) => ({ width: pen.texts.push(text) }) };
    pens.push(pen);
    return pen as never;
  });
  const ruler = new Ruler();
  for (let i = 0; i < 1000; i++) expect(ruler.width(`Đèn hỏng ${String(i)}`, '600 16px a')).not.toBeNull();
  expect(pens.map(({ texts }) => texts.length)).toEqual([200, 200, 200, 200, 200]);
  expect(pens[0]?.font).toBe('600 16px a');
});

it('says when there is nothing to measure with', () => {
  vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(null);
  expect(new Ruler().width('a', '16px a')).toBeNull();
});
