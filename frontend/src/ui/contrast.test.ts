// Every pair of colours that meets on a face, in each theme, by the formula of WCAG 2: text 4.5 : 1, what is drawn and
// carries meaning 3 : 1.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';

const css = readFileSync(fileURLToPath(new URL('tokens.css', import.meta.url)), 'utf8');
const text = 4.5;
const drawn = 3;
const themes = ['dark', 'light', 'hc'] as const;

type Tokens = Readonly<Record<string, string>>;

/** A theme's colours; what a theme does not name it takes from the first. */
function tokensOf(theme: string): Tokens {
  const blocks = [...css.matchAll(/([^{}]+)\{([^{}]*)\}/g)];
  const read = (body: string): [string, string][] =>
    [...body.matchAll(/--([\w-]+):\s*(#[0-9a-f]{3,8})/gi)].map((m) => [m[1] ?? '', m[2] ?? '']);
  const first = blocks[0]?.[2] ?? '';
  const own = blocks.filter((block) => block[1]?.includes(`data-theme='${theme}'`)).map((block) => block[2] ?? '');
  return Object.fromEntries([first, ...own].flatMap(read));
}

function luminance(hex: string): number {
  const short = hex.length === 4 ? hex.replace(/[0-9a-f]/gi, '$&$&') : hex;
  const [r = 0, g = 0, b = 0] = [1, 3, 5].map((i) => {
    const c = Number.parseInt(short.slice(i, i + 2), 16) / 255;
    return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}

function contrast(a: string, b: string): number {
  const [bright, dim] = [luminance(a), luminance(b)].sort((x, y) => y - x);
  return ((bright ?? 0) + 0.05) / ((dim ?? 0) + 0.05);
}

const grounds = ['bg0', 'bg1', 'bg2'];
const words = ['text1', 'text2', 'text3', 'attention-text', 'warning-text', 'critical-text'];
const shapes = [
  'normal',
  'attention-edge',
  'warning-edge',
  'critical-edge',
  'line-strong',
  'series',
  'compare1',
  'compare2',
  'compare3',
  'compare4',
];

const pairs: [string, string, number][] = [
  // The third text and the coloured words stand on tiles and the ground, not on the raised ground.
  ...grounds.flatMap((ground) =>
    words
      .filter((word) => ground !== 'bg2' || ['text1', 'text2'].includes(word))
      .map((word): [string, string, number] => [word, ground, text]),
  ),
  ...['bg0', 'bg1'].flatMap((ground) => shapes.map((shape): [string, string, number] => [shape, ground, drawn])),
  ['ink', 'warning', text],
  ['text1', 'danger-bg', text],
  ['critical-text', 'danger-bg', text],
  ['bar', 'bg1', 2.4], // the bars of the usual hours: their table says the same
];

describe.each(themes)('the theme %s', (theme) => {
  const tokens = tokensOf(theme);
  const of = (name: string): string => tokens[name] ?? '';

  it.each(pairs)('shows %s on %s', (front, ground, least) => {
    expect(of(front)).toMatch(/^#/);
    expect(contrast(of(front), of(ground))).toBeGreaterThanOrEqual(least);
  });

  it.each(['attention', 'critical'])('shows the word on a chip of %s', (state) => {
    // The light theme writes white on these two: see Chip.svelte.
    expect(contrast(of(state), theme === 'light' ? '#ffffff' : of('ink'))).toBeGreaterThanOrEqual(text);
  });

  it('can tell its focus ring from what it surrounds', () => {
    expect(contrast(of('focus'), of('focus-ring'))).toBeGreaterThanOrEqual(drawn);
  });
});

describe('the formula', () => {
  it('is that of WCAG', () => {
    expect(contrast('#000', '#ffffff')).toBeCloseTo(21, 5);
    expect(contrast('#767676', '#ffffff')).toBeCloseTo(4.54, 2);
  });
});
