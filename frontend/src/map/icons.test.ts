// @vitest-environment happy-dom
import { expect, it, vi } from 'vitest';
import { drawIcons } from './icons';

it('draws icons where they can be read without asking the graphics', () => {
  const asked = vi.spyOn(HTMLCanvasElement.prototype, 'getContext').mockReturnValue(null);
  vi.stubGlobal('ImageData', Object);
  const states = { normal: '', attention: '', warning: '', critical: '', unknown: '' };
  drawIcons({ ground: '', line: '', text: '', steps: [], states }, 1);
  expect(asked).toHaveBeenCalled();
  for (const call of asked.mock.calls) expect(call).toEqual(['2d', { willReadFrequently: true }]);
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});
