// What people read stands in the catalogue and nowhere else: a word in a template or in code would be missing from
// the other language. Template text and the attributes that are read aloud or shown may hold no letter at all; code
// may hold no Vietnamese, and set no visible property to a literal.
import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parse } from 'svelte/compiler';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

const src = fileURLToPath(new URL('..', import.meta.url));
const faces = ['wall', 'console', 'leader', 'map', 'ui', 'rules', 'live', 'api', 'wire'];

const letter = /\p{L}/u;
const vietnamese = /[^\p{ASCII}]/u;
const shownAttributes = new Set([
  'title',
  'alt',
  'placeholder',
  'label',
  'aria-label',
  'aria-description',
  'aria-roledescription',
]);
const shownProperties = new Set(['textContent', 'innerText', 'innerHTML', 'title', 'placeholder', 'alt', 'ariaLabel']);

/** Keys as they stand on the keyboard, addresses and names of formats are the same in every language. */
const allowed = new Set([
  'A',
  'A+',
  'A−',
  'A-',
  'Esc',
  'Enter',
  'F2',
  'F8',
  'Y',
  'X',
  'KiB',
  'KPI',
  'CAP',
  'PMTiles',
  '/wall/',
  'https://',
  'đ',
  'Đ',
]);

interface Found {
  where: string;
  text: string;
}

function files(): string[] {
  return faces.flatMap((face) =>
    readdirSync(join(src, face), { recursive: true, withFileTypes: true })
      .filter(
        (entry) => entry.isFile() && /\.(svelte|ts)$/.test(entry.name) && !/\.(test|pixels)\.ts$/.test(entry.name),
      )
      .map((entry) => join(entry.parentPath, entry.name)),
  );
}

interface Node {
  type?: string;
  name?: string;
  data?: string;
  value?: unknown;
  [key: string]: unknown;
}

const isNode = (value: unknown): value is Node => typeof value === 'object' && value !== null;

/** The words of a template; its scripts are read as code. */
export function wordsOfTemplate(code: string): string[] {
  const found: string[] = [];
  const say = (text: string): void => {
    const plain = text.trim();
    if (letter.test(plain) && !allowed.has(plain)) found.push(plain);
  };
  const walk = (node: unknown): void => {
    if (Array.isArray(node)) {
      node.forEach(walk);
      return;
    }
    if (!isNode(node)) return;
    if (node.type === 'Text') say(node.data ?? '');
    else if (node.type === 'Attribute') {
      if (shownAttributes.has(node.name ?? '')) walk(node.value);
      else walkExpressions(node.value);
    } else if (node.type === 'StyleDirective') walkExpressions(node.value);
    else if (node.type === 'Literal' && typeof node.value === 'string') {
      if (vietnamese.test(node.value) && letter.test(node.value)) say(node.value);
    } else for (const [key, child] of Object.entries(node)) if (key !== 'parent' && key !== 'css') walk(child);
  };
  const walkExpressions = (node: unknown): void => {
    if (Array.isArray(node)) node.forEach(walkExpressions);
    else if (isNode(node) && node.type !== 'Text') walk(node);
  };
  walk((parse(code, { modern: true }) as unknown as { fragment: unknown }).fragment);
  return found;
}

/** The words of code that a person could come to read. */
export function wordsOfCode(code: string): string[] {
  const found: string[] = [];
  const source = ts.createSourceFile('x.ts', code, ts.ScriptTarget.ESNext, true);
  const visit = (node: ts.Node): void => {
    const isText =
      ts.isStringLiteral(node) ||
      ts.isNoSubstitutionTemplateLiteral(node) ||
      ts.isTemplateHead(node) ||
      ts.isTemplateMiddle(node) ||
      ts.isTemplateTail(node);
    if (isText && /[^\p{ASCII}]/u.test(node.text) && /[^\P{L}\p{ASCII}]/u.test(node.text) && !allowed.has(node.text))
      found.push(node.text);
    if (
      ts.isBinaryExpression(node) &&
      node.operatorToken.kind === ts.SyntaxKind.EqualsToken &&
      ts.isPropertyAccessExpression(node.left) &&
      shownProperties.has(node.left.name.text) &&
      ts.isStringLiteralLike(node.right) &&
      letter.test(node.right.text)
    )
      found.push(node.right.text);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found;
}

function wordsOf(file: string): Found[] {
  const code = readFileSync(file, 'utf8');
  const where = relative(src, file);
  if (!file.endsWith('.svelte')) return wordsOfCode(code).map((text) => ({ where, text }));
  const scripts = [...code.matchAll(/<script[^>]*>(.*?)<\/script>/gsu)].map((match) => match[1] ?? '').join('\n');
  return [...wordsOfTemplate(code), ...wordsOfCode(scripts)].map((text) => ({ where, text }));
}

describe('words outside the catalogue', () => {
  it('are not there', () => {
    const all = files();
    expect(all.length).toBeGreaterThan(50);
    expect(all.flatMap(wordsOf)).toEqual([]);
  });

  it.each([
    ['text', '<p>Hello</p>', ['Hello']],
    ['a title', '<p title="Xin chào"></p>', ['Xin chào']],
    ['a label that is put together', '<p aria-label="Tầng {n}"></p>', ['Tầng']],
    ['a word in an expression', "<p>{ok ? 'Được' : ''}</p>", ['Được']],
    ['nothing else', '<p class="late" data-kpi="kpi/open">{m.x()} – {n} · ?</p><style>p { content: "" }</style>', []],
  ])('would be found as %s', (_, code, want) => {
    expect(wordsOfTemplate(code)).toEqual(want);
  });

  it('would be found in code', () => {
    expect(wordsOfCode("const a = `${n} phút`; e.textContent = 'Late'; throw new Error('no #app')")).toEqual([
      ' phút',
      'Late',
    ]);
  });
});

describe('the catalogues', () => {
  const read = (language: string): Record<string, string> =>
    JSON.parse(readFileSync(join(src, `../messages/${language}.json`), 'utf8')) as Record<string, string>;
  const [vi, en] = [read('vi'), read('en')];

  it('say the same things in both languages', () => {
    expect(Object.keys(en)).toEqual(Object.keys(vi));
  });

  it('are composed (NFC), without stray space, with the same values in both', () => {
    const values = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] ?? '').sort();
    for (const [key, text] of Object.entries(vi)) {
      const other = en[key] ?? '';
      expect(text.normalize('NFC'), key).toBe(text);
      expect(other.normalize('NFC'), key).toBe(other);
      expect([text.trim(), other.trim()], key).toEqual([text, other]);
      expect(values(other), key).toEqual(values(text));
    }
  });
});
