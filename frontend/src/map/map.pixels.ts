// What the map looks like, in a real Chromium: its pixels are read, not its code.
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Browser, Page } from 'playwright-core';
import type { Mark } from './picture';

interface Stand {
  url: string;
  close: () => Promise<void>;
}

type Rgb = [number, number, number];

const { findChromium, launch } = (await import('../../tests/browser.mjs')) as {
  findChromium: () => string | null;
  launch: () => Promise<Browser>;
};
const missing = findChromium() === null;
if (missing && process.env['CI'] === 'true') throw new Error('no Chromium: the map is not looked at');

const map = { width: 740, height: 760 };
const box = { west: 107.5, south: 11.9, east: 108, north: 12.4 };
const lower = { x: 0, y: 300, width: map.width, height: map.height - 300 };
const red: Rgb = [255, 90, 80];
const light: Rgb = [237, 242, 245];
const here = { lon: 107.75, lat: 12.15 };

/** Counts, in a page, the programs that the graphics compile. */
const countPrograms = `{
  window.programs = 0;
  const link = WebGL2RenderingContext.prototype.linkProgram;
  WebGL2RenderingContext.prototype.linkProgram = function (...given) {
    window.programs++;
    return link.apply(this, given);
  };
}`;

declare global {
  interface Window {
    programs: number;
  }
}

let stand: Stand;
let browser: Browser;

describe.skipIf(missing)('the map as it is seen', { timeout: 120_000 }, () => {
  beforeAll(async () => {
    const { openStand } = (await import('../../dev/map/stand.mjs')) as {
      openStand: (files: Record<string, Uint8Array>) => Promise<Stand>;
    };
    const { tinyPmtiles } = (await import('../../dev/map/tinyPmtiles.mjs')) as {
      tinyPmtiles: (bounds: typeof box) => Uint8Array;
    };
    stand = await openStand({ 'base.pmtiles': tinyPmtiles(box) });
    browser = await launch();
  }, 120_000);
  afterAll(async () => {
    await browser.close();
    await stand.close();
  });

  const ways = [
    { name: 'in WebGL', gl: true },
    { name: 'without WebGL', gl: false },
  ];

  it.each(ways)('shows marks at one place as the worst of them with a count $name', async ({ gl }) => {
    const view = await open({ gl, marks: [mark('a', 'normal'), mark('b', 'critical'), mark('c', 'warning')] });
    await view.until((picture) => picture.count(red, view.spot, 20) > 300);
    const picture = await view.look();
    const right = { x: view.spot.x + 25, y: view.spot.y };
    expect(picture.count(light, right, 8)).toBeGreaterThan(15); // the digit
    expect(picture.count([255, 208, 84], view.spot, 40)).toBe(0); // no triangle peeps out
    await view.page.evaluate(
      (one) => {
        window.stand.show([one]);
      },
      mark('b', 'critical'),
    );
    await view.until((alone) => alone.count(light, right, 8) === 0 && alone.count(red, view.spot, 20) > 300);
    await view.page.close();
  });

  it.each(ways)('moves nothing when something comes elsewhere $name', async ({ gl }) => {
    const marks = [mark('a', 'critical'), mark('b', 'critical')];
    const view = await open({ gl, marks });
    await view.until((picture) => picture.count(red, view.spot, 20) > 300);
    const before = await view.still();
    const far = { ...mark('0', 'critical'), lon: 107.95, lat: 12.6 };
    const there = await view.page.evaluate(({ lon, lat }) => window.stand.spot(lon, lat), far);
    await view.page.evaluate(
      (all) => {
        window.stand.show(all);
      },
      [far, ...marks],
    );
    await view.until((picture) => picture.count(red, there, 20) > 300);
    const after = await view.still();
    // Edges of letters may be rasterised anew; a name or a mark that moved is hundreds of pixels.
    expect(after.difference(before, lower)).toBeLessThan(80);
    await view.page.close();
  });

  it('keeps every alarm on the screen while 5,001 marks become a crowd and are one no more', async () => {
    const view = await open({ gl: true, marks: [mark('a', 'critical')] });
    await view.until((picture) => picture.count(red, view.spot, 20) > 300);
    for (const count of [6000, 100]) {
      await view.page.evaluate(
        ([own, n]) => {
          window.stand.show([own, ...window.stand.scatter(n, 3).map((m) => ({ ...m, state: 'normal' as const }))]);
        },
        [mark('a', 'critical'), count] as const,
      );
      for (let i = 0; i < 8; i++) expect((await view.look()).count(red, view.spot, 20)).toBeGreaterThan(100);
    }
    await view.page.close();
  });

  it('has compiled all that marks are drawn with before the first one comes', async () => {
    const view = await open({ gl: true, marks: [], init: countPrograms });
    const programs = (): Promise<number> => view.page.evaluate(() => window.programs);
    await view.still();
    await expect.poll(programs).toBeGreaterThan(5);
    const before = await programs();
    await view.page.evaluate(
      (all) => {
        window.stand.show(all);
      },
      [mark('a', 'critical'), mark('b', 'warning')],
    );
    await view.until((picture) => picture.count(red, view.spot, 20) > 300);
    expect(await programs()).toBe(before);
    await view.page.close();
  });

  it('comes back with its colours and marks after a lost context', async () => {
    const view = await open({ gl: true, marks: [mark('a', 'critical')], counts: 12 });
    const whole = (picture: Picture): boolean =>
      picture.count(red, view.spot, 20) > 300 && picture.count([121, 150, 169], { x: 300, y: 400 }, 60) > 1000;
    await view.until(whole);
    await view.page.evaluate(() => {
      window.stand.loseContext();
    });
    await view.page.evaluate(
      (m) => {
        window.stand.show([m, { ...m, id: 'b', lon: m.lon + 0.1 }]); // life goes on meanwhile
      },
      mark('a', 'critical'),
    );
    await view.page.evaluate(() => {
      window.stand.restoreContext();
    });
    await view.until(whole);
    expect(await view.page.evaluate(() => window.stand.lost())).toBe(0);
    await view.page.close();
  });

  it('goes on as plain SVG when the context does not come back', async () => {
    const view = await open({ gl: true, marks: [mark('a', 'critical')] });
    await view.until((picture) => picture.count(red, view.spot, 20) > 300);
    await view.page.evaluate(() => {
      window.stand.loseContext();
    });
    await view.page.waitForSelector('.svg-map .mark.critical', { timeout: 60_000 });
    expect(await view.page.evaluate(() => window.stand.lost())).toBe(1);
    expect((await view.look()).count(red, view.spot, 20)).toBeGreaterThan(300);
    expect(view.faults).toEqual([]);
    await view.page.close();
  });

  it('lays its marks over the drawing of the server by the projection of that', async () => {
    const base =
      '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 400 500" data-frame="107 13 400 400" data-box="0 0 400 400">' +
      '<g id="base"><path class="communes" data-code="1" d="M0 0h400v400h-400z"/></g><g id="key"><path d="M0 450h9v9z"/></g></svg>';
    const view = await open({ gl: false, base, marks: [{ ...mark('a', 'critical'), lon: 107.5, lat: 12.5 }] });
    const middle = { x: map.width / 2, y: map.height / 2 };
    await view.until((picture) => picture.count(red, middle, 20) > 300);
    expect(await view.page.evaluate(() => document.querySelectorAll('.svg-map path.communes').length)).toBe(1);
    await view.page.close();
  });

  it('rings what is pointed at, and holds the ring still for who wants no motion', async () => {
    const view = await open({ gl: true, marks: [mark('a', 'normal')] });
    await view.page.emulateMedia({ reducedMotion: 'reduce' });
    await view.page.evaluate(() => {
      window.stand.set({ highlight: { kind: 'report', id: 'a', name: 'Cây đổ' } });
    });
    await view.until((picture) => picture.count(light, view.spot, 22) > 100);
    const ring = view.page.locator('.emphasis');
    expect(await ring.evaluate((g) => getComputedStyle(g).animationName)).toBe('none');
    await view.page.emulateMedia({ reducedMotion: 'no-preference' });
    expect(await ring.evaluate((g) => getComputedStyle(g).animationIterationCount)).toBe('30');
    await view.page.close();
  });

  it('lays the base map of an operator below the areas', async () => {
    const view = await open({ gl: true, marks: [], pmtiles: './base.pmtiles' });
    const dry = await view.page.evaluate(() => window.stand.spot(107.42, 12.2));
    await view.until((picture) => brightness(picture.at(view.spot)) > brightness(picture.at(dry)) + 40);
    await view.page.close();
  });
});

function mark(id: string, state: Mark['state']): Mark {
  return { id, ...here, state, kind: 'report' };
}

const brightness = ([r, g, b]: Rgb): number => r + g + b;

interface View {
  page: Page;
  spot: { x: number; y: number };
  faults: string[];
  look: () => Promise<Picture>;
  until: (good: (picture: Picture) => boolean) => Promise<void>;
  /** The picture once it no longer changes. */
  still: () => Promise<Picture>;
}

async function open(options: {
  gl: boolean;
  marks: Mark[];
  counts?: number;
  base?: string;
  pmtiles?: string;
  /** A script that runs before any of the page's. */
  init?: string;
}): Promise<View> {
  const { withoutWebGl } = (await import('../../dev/map/stand.mjs')) as { withoutWebGl: string };
  const page = await browser.newPage({ viewport: { width: 1920, height: 1080 } });
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(error.message));
  if (!options.gl) await page.addInitScript({ content: withoutWebGl });
  if (options.init !== undefined) await page.addInitScript({ content: options.init });
  const { base } = options;
  if (base !== undefined)
    await page.route('**/map.svg*', (route) => route.fulfill({ body: base, contentType: 'image/svg+xml' }));
  await page.goto(stand.url);
  await page.evaluate(() => window.stand.ready());
  const spot = await page.evaluate(
    ({ given, size, at }) => {
      const counts = window.stand.places().map(({ code }): [string, number] => [code, given.counts ?? 0]);
      window.stand.open({
        ...size,
        marks: given.marks,
        counts,
        ...(given.pmtiles === undefined ? {} : { pmtiles: given.pmtiles }),
      });
      return window.stand.spot(at.lon, at.lat);
    },
    { given: options, size: map, at: here },
  );
  const look = async (): Promise<Picture> => read(page, await page.screenshot({ clip: { x: 0, y: 0, ...map } }));
  const until = async (good: (picture: Picture) => boolean): Promise<void> => {
    await expect.poll(async () => good(await look()), { timeout: 60_000, interval: 300 }).toBe(true);
  };
  const still = async (): Promise<Picture> => {
    let last = await look();
    await until((next) => {
      const same = next.difference(last, { x: 0, y: 0, ...map }) === 0;
      last = next;
      return same;
    });
    return last;
  };
  return { page, spot, faults, look, until, still };
}

/** Has the page itself unpack a screenshot: it can, and nothing else here has to. */
async function read(page: Page, png: Buffer): Promise<Picture> {
  const packed = await page.evaluate(async (data) => {
    const image = await createImageBitmap(await (await fetch(`data:image/png;base64,${data}`)).blob());
    const pen = new OffscreenCanvas(image.width, image.height).getContext('2d');
    pen?.drawImage(image, 0, 0);
    const bytes = pen?.getImageData(0, 0, image.width, image.height).data ?? new Uint8ClampedArray(0);
    let text = '';
    for (let i = 0; i < bytes.length; i += 8192) text += String.fromCharCode(...bytes.subarray(i, i + 8192));
    return btoa(text);
  }, png.toString('base64'));
  return new Picture(Buffer.from(packed, 'base64'));
}

class Picture {
  readonly #bytes: Buffer;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  at({ x, y }: { x: number; y: number }): Rgb {
    const i = (Math.round(y) * map.width + Math.round(x)) * 4;
    return [this.#bytes[i] ?? 0, this.#bytes[i + 1] ?? 0, this.#bytes[i + 2] ?? 0];
  }

  /** How many pixels around a spot have a colour, nearly. */
  count(colour: Rgb, spot: { x: number; y: number }, reach: number): number {
    let found = 0;
    for (let x = spot.x - reach; x <= spot.x + reach; x++) {
      for (let y = spot.y - reach; y <= spot.y + reach; y++) {
        const seen = this.at({ x, y });
        if (seen.every((value, i) => Math.abs(value - (colour[i] ?? 0)) < 14)) found++;
      }
    }
    return found;
  }

  difference(other: Picture, area: { x: number; y: number; width: number; height: number }): number {
    let found = 0;
    for (let y = area.y; y < area.y + area.height; y++) {
      for (let x = area.x; x < area.x + area.width; x++) {
        if (this.at({ x, y }).some((value, i) => Math.abs(value - (other.at({ x, y })[i] ?? 0)) > 8)) found++;
      }
    }
    return found;
  }
}
