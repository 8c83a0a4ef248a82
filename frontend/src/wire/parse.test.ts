import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { parseFrame } from './parse';

const golden = fileURLToPath(new URL('../../../schema/testdata/frames', import.meta.url));

const hello =
  '{"type":"hello","protocol":"toancanh.v1","at":"2026-11-23T02:00:00Z","epoch":"e1","build":"b","beat_ms":2000,"retry_ms":500}';
const event =
  '{"type":"event","topic":"wall/d/1","seq":7,"kind":"report","id":"a","version":2,"at":"2026-11-23T02:00:00Z","data":{"id":"a"}}';
const beat =
  '{"type":"beat","at":"2026-11-23T02:00:02Z","source_at":"2026-11-23T02:00:01.5Z","epoch":"e1","heads":{"wall/d/1":7}}';

describe('a frame', () => {
  it('is read whole', () => {
    expect(parseFrame(hello)).toEqual({
      type: 'hello',
      protocol: 'toancanh.v1',
      at: Date.UTC(2026, 10, 23, 2),
      epoch: 'e1',
      build: 'b',
      beatMs: 2000,
      retryMs: 500,
    });
    expect(parseFrame(event)).toMatchObject({
      type: 'event',
      seq: 7,
      kind: 'report',
      id: 'a',
      version: 2,
      data: { id: 'a' },
    });
    const got = parseFrame(beat);
    expect(got).toMatchObject({ type: 'beat', sourceAt: Date.UTC(2026, 10, 23, 2, 0, 1, 500) });
    expect(got?.type === 'beat' && got.heads.get('wall/d/1')).toBe(7);
  });

  it('of an unknown kind keeps its number', () => {
    expect(parseFrame(event.replace('"report"', '"hologram"'))).toMatchObject({ seq: 7, kind: 'unknown' });
  });

  it('brings a screen, alone or within a snapshot', () => {
    expect(parseFrame(event.replace('"report"', '"screen"'))).toMatchObject({ kind: 'screen', data: { id: 'a' } });
    const snapshot = '{"type":"snapshot","topic":"screen/tinh","seq":1,"data":{"reports":[],"screen":{"id":"tinh"}}}';
    expect(parseFrame(snapshot)).toMatchObject({ screen: { id: 'tinh' } });
    expect(parseFrame(snapshot.replace('"screen":{', '"other":{'))).toMatchObject({ screen: null });
  });

  it('has no source time when the hub never heard one', () => {
    expect(parseFrame(beat.replace('2026-11-23T02:00:01.5Z', '0001-01-01T00:00:00Z'))).toMatchObject({
      sourceAt: null,
    });
  });

  it('keeps null data of a level as null', () => {
    const text =
      '{"type":"level","topic":"t","items":[{"key":"kpi/open","version":3,"at":"2026-11-23T02:00:00Z","data":null}]}';
    expect(parseFrame(text)).toMatchObject({ items: [{ key: 'kpi/open', version: 3, data: null }] });
  });

  it.each([
    ['empty', ''],
    ['not JSON', '{"type":'],
    ['null', 'null'],
    ['a number', '7'],
    ['an array', '[{"type":"hello"}]'],
    ['without a type', '{"topic":"t"}'],
    ['of a type from the future', '{"type":"hologram"}'],
    ['an event without a topic', '{"type":"event","seq":1,"kind":"report"}'],
    ['an event with a fraction for a number', event.replace('"seq":7', '"seq":7.5')],
    ['an event with a negative number', event.replace('"seq":7', '"seq":-1')],
    ['an event with a number beyond 2^53', event.replace('"seq":7', '"seq":9007199254740993')],
    ['an event with a text for a number', event.replace('"seq":7', '"seq":"7"')],
    ['a hello without a time', hello.replace('2026-11-23T02:00:00Z', 'yesterday')],
    ['a snapshot without data', '{"type":"snapshot","topic":"t","seq":1}'],
    ['a reset without a topic', '{"type":"reset","reason":"gap"}'],
  ])('that is %s is refused', (_, text) => {
    expect(parseFrame(text)).toBeNull();
  });

  it('never makes the reader throw, however it is mangled', () => {
    let seed = 1;
    const random = (below: number): number => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed % below;
    };
    const sources = [hello, event, beat];
    for (let i = 0; i < 3000; i++) {
      const source = sources[random(sources.length)] ?? '';
      const at = random(source.length);
      const junk = ['', '"', '{', '}', 'null', '[]', '\u0000', '9e999', '\ud800'][random(9)] ?? '';
      const text = source.slice(0, at) + junk + source.slice(at + random(6));
      expect(() => parseFrame(text)).not.toThrow();
    }
  });
});

describe.skipIf(!existsSync(golden))('the golden messages that Go reads too', () => {
  const files = existsSync(golden) ? readdirSync(golden).filter((name) => name.endsWith('.json')) : [];

  it('are there', () => {
    expect(files.length).toBeGreaterThan(0);
  });

  it.each(files)('%s is understood', (name) => {
    const text = readFileSync(join(golden, name), 'utf8');
    const { type } = JSON.parse(text) as { type: string };
    expect(parseFrame(text)).toMatchObject({ type });
  });
});
