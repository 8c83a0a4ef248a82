// @vitest-environment happy-dom
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Pace } from './pace';

const frameMs = 20; // at most, and what follows it

const pass = (ms: number): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

/** A deed that lasts until it is told to end. */
class Deed {
  readonly taken: string[] = [];
  #end: () => void = () => undefined;

  readonly take = (value: string): Promise<void> => {
    this.taken.push(value);
    return new Promise((done) => {
      this.#end = done;
    });
  };

  end(): void {
    this.#end();
  }
}

let deed: Deed;
let pace: Pace<string>;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'requestAnimationFrame', 'performance'] });
  deed = new Deed();
  pace = new Pace(deed.take);
});

afterEach(() => {
  pace.stop();
  vi.useRealTimers();
});

describe('a pace', () => {
  it('lets a frame be painted first', async () => {
    pace.want('a');
    await pass(0);
    expect(deed.taken).toEqual([]);
    await pass(frameMs);
    expect(deed.taken).toEqual(['a']);
  });

  it('has one under way, and goes on with the newest of what came meanwhile', async () => {
    pace.want('a');
    await pass(frameMs);
    for (const value of ['b', 'c', 'd']) pace.want(value);
    await pass(1000);
    expect(deed.taken).toEqual(['a']);
    deed.end();
    await pass(1000 + frameMs);
    expect(deed.taken).toEqual(['a', 'd']);
  });

  it.each([
    { took: 0, rests: 200 },
    { took: 600, rests: 600 },
    { took: 1900, rests: 1000 },
  ])('rests $rests ms after what took $took ms', async ({ took, rests }) => {
    pace.want('a');
    await pass(frameMs);
    await pass(took);
    deed.end();
    pace.want('b');
    await pass(rests - frameMs);
    expect(deed.taken).toEqual(['a']);
    await pass(3 * frameMs);
    expect(deed.taken).toEqual(['a', 'b']);
  });

  it('gives up what never ends, and tells of what fails', async () => {
    const told = vi.fn();
    vi.stubGlobal('reportError', told);
    pace = new Pace((value) => {
      deed.taken.push(value);
      return value === 'a' ? new Promise(() => undefined) : Promise.reject(new Error('no graphics'));
    });
    for (const value of ['a', 'b', 'c']) {
      pace.want(value);
      await pass(4000);
    }
    expect(deed.taken).toEqual(['a', 'b', 'c']);
    expect(told).toHaveBeenCalledTimes(2);
    vi.unstubAllGlobals();
  });

  it('hands nothing on once it is stopped', async () => {
    pace.want('a');
    pace.stop();
    await pass(4000);
    expect(deed.taken).toEqual([]);
  });
});
