import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Standing } from '../api/pairing';
import { Gate, type View } from './gate';

const paired: Standing = { state: 'paired', screen: 'tinh', code: '', lost: '', build: 'a' };
const waiting: Standing = { state: 'waiting', screen: 'tinh', code: 'CDF349', lost: '', build: 'a' };

let answer: Standing | Error;
let asked: number;
let views: View[];
let forgotten: number;
let gone: string[];

function gate(): Gate {
  return new Gate({
    screenId: 'tinh',
    ask: () => {
      asked++;
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer);
    },
    onView: (view) => views.push(view),
    forget: () => {
      forgotten++;
      return Promise.resolve();
    },
    go: (id) => gone.push(id),
    random: () => 0.5,
  });
}

beforeEach(() => {
  vi.useFakeTimers();
  answer = paired;
  asked = forgotten = 0;
  views = [];
  gone = [];
});
afterEach(() => {
  vi.useRealTimers();
});

describe('the gate of a wall', () => {
  it('leaves a paired wall alone and has its token renewed four times a day', async () => {
    const own = gate();
    await own.ask();
    expect(views).toEqual([]);
    await vi.advanceTimersByTimeAsync(24 * 60 * 60_000);
    expect(asked).toBe(5);
    expect(forgotten + gone.length).toBe(0);
    own.stop();
  });

  it('shows a code, keeps nothing, and goes on once it is somebody', async () => {
    answer = waiting;
    const own = gate();
    await own.ask();
    expect(views).toEqual([{ kind: 'closed', code: 'CDF349', lost: '', plain: false }]);
    expect(forgotten).toBe(1);
    answer = { ...waiting, code: 'XYT769' };
    await vi.advanceTimersByTimeAsync(2000);
    expect(views.at(-1)).toMatchObject({ code: 'XYT769' });
    answer = paired;
    await vi.advanceTimersByTimeAsync(2000);
    expect(gone).toEqual(['tinh']);
    own.stop();
  });

  it('goes where it was paired to', async () => {
    answer = { ...paired, screen: 'hop-1' };
    const own = gate();
    await own.ask();
    expect(gone).toEqual(['hop-1']);
    own.stop();
  });

  it('stays a wall while nobody answers', async () => {
    const own = gate();
    await own.ask();
    answer = new Error('away');
    own.doubt();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toBeGreaterThan(10);
    expect(views).toEqual([]);
    expect(forgotten).toBe(0);
    own.stop();
  });

  it('asks at once when an answer says that it is nobody, and goes dark', async () => {
    const own = gate();
    await own.ask();
    answer = { ...waiting, lost: 'revoked' };
    own.doubt();
    own.doubt();
    await vi.advanceTimersByTimeAsync(0);
    expect(asked).toBe(2);
    expect(views).toEqual([{ kind: 'closed', code: 'CDF349', lost: 'revoked', plain: false }]);
    expect(forgotten).toBe(1);
    own.stop();
  });

  it('says nothing in the name of a screen that somebody only looks at', async () => {
    answer = { ...paired, state: 'person' };
    const own = gate();
    await own.ask();
    expect(views).toEqual([{ kind: 'wall', speaks: false }]);
    own.stop();
  });

  it('takes up another build while it shows a code', async () => {
    answer = waiting;
    const own = gate();
    await own.ask();
    answer = { ...waiting, build: 'b' };
    await vi.advanceTimersByTimeAsync(2000);
    expect(gone).toEqual(['tinh']);
    own.stop();
  });

  it('asks no more once it is stopped', async () => {
    answer = waiting;
    const own = gate();
    await own.ask();
    own.stop();
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toBe(1);
  });
});
