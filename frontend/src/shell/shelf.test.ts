import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { answerPage, isPage, keepShell, keptAnswer, keptFile, renewPage, type Face } from './shelf';

/** Caches and a network as far as the shelf uses them. */
class House {
  readonly stores = new Map<string, Map<string, Response>>();
  readonly served = new Map<string, () => Promise<Response>>();

  readonly caches = {
    open: (name: string) => {
      const store = this.stores.get(name) ?? new Map<string, Response>();
      this.stores.set(name, store);
      return Promise.resolve({
        addAll: async (files: readonly string[]) => {
          for (const file of files) store.set(file, await this.fetch(file));
        },
        put: (key: string, response: Response) => {
          store.set(key, response);
          return Promise.resolve();
        },
        match: (key: string) => Promise.resolve(store.get(key)?.clone()),
      });
    },
    keys: () => Promise.resolve([...this.stores.keys()]),
    delete: (name: string) => Promise.resolve(this.stores.delete(name)),
    match: (key: string) =>
      Promise.resolve(
        [...this.stores.values()]
          .find((store) => store.has(key))
          ?.get(key)
          ?.clone(),
      ),
  };

  fetch = (url: string): Promise<Response> => {
    const answer = this.served.get(url);
    return answer === undefined ? Promise.reject(new TypeError('Failed to fetch')) : answer();
  };

  /** A server with one build of the wall. */
  serve(build: string): void {
    this.served.clear();
    const text = (body: string) => () => Promise.resolve(new Response(body));
    this.served.set('/wall/tinh', text(`<script src="/assets/wall-${build}.js"></script>`));
    this.served.set(`/assets/wall-${build}.js`, text(build));
    this.served.set(`/assets/font-${build}.woff2`, text('font'));
  }
}

const shell = (build: string) => ({ mark: build, files: [`/assets/font-${build}.woff2`, `/assets/wall-${build}.js`] });
const ask = (url: string): Request => url as unknown as Request;

let house: House;

beforeEach(() => {
  house = new House();
  vi.stubGlobal('caches', house.caches);
  vi.stubGlobal('fetch', (url: string) => house.fetch(url));
});

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('the kept shell', () => {
  it('starts the page when the server is away', async () => {
    house.serve('a');
    await keepShell(shell('a'), '/wall/tinh');
    house.served.clear();
    expect(await (await answerPage(ask('/wall/tinh'))).text()).toContain('wall-a.js');
    expect(await (await keptFile(ask('/assets/wall-a.js'))).text()).toBe('a');
  });

  it.each([
    ['ails', () => Promise.resolve(new Response('', { status: 502 }))],
    ['is slow', () => Promise.reject(new DOMException('signal timed out', 'TimeoutError'))],
  ])('starts the page when the server %s', async (_, answer) => {
    house.serve('a');
    await keepShell(shell('a'), '/wall/tinh');
    house.served.set('/wall/tinh', answer);
    expect(await (await answerPage(ask('/wall/tinh'))).text()).toContain('wall-a.js');
  });

  it('passes on what the server says, a refusal too', async () => {
    house.serve('a');
    await keepShell(shell('a'), '/wall/tinh');
    house.served.set('/wall/tinh', () => Promise.resolve(new Response('no', { status: 403 })));
    expect((await answerPage(ask('/wall/tinh'))).status).toBe(403);
  });

  it('is another build whole or not at all', async () => {
    house.serve('a');
    await keepShell(shell('a'), '/wall/tinh');
    house.serve('b');
    house.served.delete('/assets/font-b.woff2');
    await expect(keepShell(shell('b'), '/wall/tinh')).rejects.toThrow();
    house.served.clear();
    expect(await (await answerPage(ask('/wall/tinh'))).text()).toContain('wall-a.js');
  });

  it('does not keep the page of one build with the files of another', async () => {
    house.serve('b');
    await expect(keepShell(shell('a'), '/wall/tinh')).rejects.toThrow('another build');
    expect(house.stores.size).toBe(0);
  });

  it('keeps the build before for pages that are still up, and none older', async () => {
    for (const build of ['a', 'b', 'c']) {
      house.serve(build);
      await keepShell(shell(build), '/wall/tinh');
    }
    house.served.clear();
    expect(await (await answerPage(ask('/wall/tinh'))).text()).toContain('wall-c.js');
    expect(await (await keptFile(ask('/assets/wall-b.js'))).text()).toBe('b');
    await expect(keptFile(ask('/assets/wall-a.js'))).rejects.toThrow();
  });

  it.each([
    ['/wall/tinh', true],
    ['/wall/660', true],
    ['/wall/', false],
    ['/wall/tinh/x', false],
    ['/console', false],
  ])('%s is the page of a wall: %s', (path, want) => {
    expect(isPage(path)).toBe(want);
  });
});

describe('another face', () => {
  const face: Face = { prefix: 'phan-anh-shell-', page: '/phan-anh', isPage: (path) => path === '/phan-anh' };
  const form = (words: string): Response => new Response(`${words}<script src="/assets/wall-a.js"></script>`);

  beforeEach(async () => {
    house.serve('a');
    house.served.set('/phan-anh', () => Promise.resolve(form('tiếng Việt')));
    await keepShell(shell('a'), '/phan-anh', face);
  });

  it('has shelves of its own, kept anew as its reader has it', async () => {
    await renewPage(shell('a'), form('English'), face);
    house.served.clear();
    expect(await (await answerPage(ask('/phan-anh'), face)).text()).toContain('English');
    expect([...house.stores.keys()]).toEqual(['phan-anh-shell-a']);
    await expect(answerPage(ask('/wall/tinh'))).rejects.toThrow();
  });

  it('does not keep a page of another build, a refusal or a way elsewhere', async () => {
    await renewPage(shell('a'), new Response('<script src="/assets/wall-b.js"></script>'), face);
    await renewPage(shell('a'), new Response('/assets/wall-a.js', { status: 500 }), face);
    await renewPage(shell('a'), Response.error(), face);
    house.served.clear();
    expect(await (await answerPage(ask('/phan-anh'), face)).text()).toContain('tiếng Việt');
  });

  it('keeps an answer for when the server is away, and only a good one', async () => {
    const map = ask('/api/v1/areas/vn-2022/geometry');
    await expect(keptAnswer(map, 'map')).rejects.toThrow();
    house.served.set('/api/v1/areas/vn-2022/geometry', () => Promise.resolve(new Response('bản đồ')));
    await keptAnswer(map, 'map');
    house.served.set('/api/v1/areas/vn-2022/geometry', () => Promise.resolve(new Response('', { status: 503 })));
    expect((await keptAnswer(map, 'map')).status).toBe(503);
    house.served.clear();
    expect(await (await keptAnswer(map, 'map')).text()).toBe('bản đồ');
  });
});
