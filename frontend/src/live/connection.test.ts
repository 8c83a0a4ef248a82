import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Frame } from '../wire/frame';
import { Connection, type Kept } from './connection';
import type { Link } from './link';
import type { PipeEvents, PipeRequest } from './pipe';
import { TicketRefused, type Ticket } from './ticket';

const topic = 'wall/d/1';

class FakePipe {
  closed = false;
  readonly request: PipeRequest;
  readonly events: PipeEvents;

  constructor(request: PipeRequest, events: PipeEvents) {
    this.request = request;
    this.events = events;
  }

  say(frame: object): void {
    this.events.message(JSON.stringify(frame));
  }
}

class Stage {
  readonly pipes: FakePipe[] = [];
  readonly frames: Frame[] = [];
  readonly links: Link[] = [];
  readonly builds: string[] = [];
  tickets = 0;
  fetchTicket = (): Promise<Ticket> => {
    this.tickets++;
    return Promise.resolve({ token: `t${String(this.tickets)}`, expiresAt: Date.now() + 3_600_000 });
  };
  sourceAt: number | null = null;
  readonly connection: Connection;

  constructor(more: { kept?: Kept } = {}) {
    this.connection = this.#connect(more);
  }

  #connect = (more: { kept?: Kept }): Connection =>
    new Connection({
      topics: [topic],
      ...more,
      fetchTicket: () => this.fetchTicket(),
      openPipe: (request, events) => {
        const pipe = new FakePipe(request, events);
        this.pipes.push(pipe);
        return {
          close: () => {
            pipe.closed = true;
          },
        };
      },
      onFrame: (frame) => this.frames.push(frame),
      onLink: (link) => this.links.push(link),
      onBuild: (build) => this.builds.push(build),
      random: () => 0.5,
    });

  get pipe(): FakePipe {
    const last = this.pipes.at(-1);
    if (last === undefined) throw new Error('no pipe was opened');
    return last;
  }

  get link(): Link {
    const last = this.links.at(-1);
    if (last === undefined) throw new Error('no link was published');
    return last;
  }

  hello(more: object = {}): void {
    this.pipe.events.opened();
    this.pipe.say({ type: 'hello', at: now(), epoch: 'e1', build: 'b1', beat_ms: 2000, retry_ms: 0, ...more });
  }

  snapshot(seq: number, epoch = 'e1'): void {
    this.pipe.say({ type: 'snapshot', topic, epoch, seq, at: now(), data: { reports: [], truncated: 0 } });
  }

  event(seq: number, kind = 'report'): void {
    this.pipe.say({
      type: 'event',
      topic,
      seq,
      kind,
      id: 'a',
      version: seq,
      at: now(),
      data: { id: 'a', version: seq },
    });
  }

  beat(head: number, epoch = 'e1'): void {
    const source = this.sourceAt ?? Date.now();
    this.pipe.say({
      type: 'beat',
      at: now(),
      source_at: new Date(source).toISOString(),
      epoch,
      heads: { [topic]: head },
    });
  }

  /** Starts and comes alive at seq 10. */
  async live(): Promise<void> {
    this.connection.start();
    await settle();
    this.hello();
    this.snapshot(10);
    this.beat(10);
    expect(this.link.phase).toBe('live');
  }
}

const now = (): string => new Date().toISOString();
const settle = (ms = 0): Promise<unknown> => vi.advanceTimersByTimeAsync(ms);

let stage: Stage;

beforeEach(() => {
  vi.useFakeTimers({
    now: Date.UTC(2026, 10, 23, 2),
    toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval', 'Date', 'performance'],
  });
  stage = new Stage();
});

afterEach(() => {
  stage.connection.stop();
  vi.useRealTimers();
});

describe('a connection', () => {
  it('is live once a beat confirms the snapshot, not before', async () => {
    stage.connection.start();
    await settle();
    expect(stage.pipe.request).toMatchObject({ transport: 'websocket', topics: [topic], since: '', ticket: 't1' });
    stage.hello();
    stage.snapshot(10);
    expect(stage.link.phase).toBe('connecting');
    stage.beat(10);
    expect(stage.link.phase).toBe('live');
  });

  it('passes on events in order, once each', async () => {
    await stage.live();
    for (const seq of [11, 11, 12, 5]) stage.event(seq);
    expect(stage.frames.filter((f) => f.type === 'event').map((f) => f.seq)).toEqual([11, 12]);
    expect(stage.connection.seq).toBe(12);
  });

  it('asks again from where it stands when a number is missing, and for a snapshot when that does not help', async () => {
    await stage.live();
    stage.event(12);
    expect(stage.pipe.closed).toBe(true);
    await settle(1000);
    expect(stage.pipes).toHaveLength(2);
    expect(stage.pipe.request.since).toBe(`e1:${topic}=10`);
    stage.hello();
    stage.event(12);
    await settle(2000);
    expect(stage.pipes).toHaveLength(3);
    expect(stage.pipe.request.since).toBe('');
    expect(stage.frames.some((f) => f.type === 'event')).toBe(false);
  });

  it('asks again when a head is announced and never reached', async () => {
    await stage.live();
    stage.beat(11);
    await settle(1000);
    expect(stage.pipe.closed).toBe(false);
    await settle(1500);
    expect(stage.pipes).toHaveLength(2);
    expect(stage.pipe.request.since).toBe(`e1:${topic}=10`);
  });

  it('is content when the event comes a little after the beat that announced it', async () => {
    await stage.live();
    stage.beat(11);
    await settle(500);
    stage.event(11);
    await settle(1500);
    stage.beat(11);
    await settle(500);
    expect(stage.pipes).toHaveLength(1);
    expect(stage.link.phase).toBe('live');
  });

  it('forgets its numbers when the epoch is another one', async () => {
    await stage.live();
    stage.beat(3, 'e2');
    await settle(1000);
    expect(stage.pipe.request.since).toBe('');
    stage.hello({ epoch: 'e2' });
    stage.snapshot(3, 'e2');
    stage.beat(3, 'e2');
    expect(stage.link.phase).toBe('live');
  });

  it('waits for the snapshot after a reset and is not live until then', async () => {
    await stage.live();
    stage.pipe.say({ type: 'reset', topic, reason: 'ahead' });
    stage.event(11);
    expect(stage.link.phase).toBe('connecting');
    stage.snapshot(4);
    stage.beat(4);
    expect(stage.link.phase).toBe('live');
    expect(stage.connection.seq).toBe(4);
  });

  it('takes a snapshot after a reset fact', async () => {
    await stage.live();
    stage.event(11, 'reset');
    await settle(1000);
    expect(stage.pipe.request.since).toBe('');
  });
});

describe('what is shown', () => {
  it('is stale within 5 s of the last word, and says of when it is', async () => {
    await stage.live();
    const died = Date.now();
    await settle(4500);
    expect(stage.link.phase).toBe('live');
    await settle(500);
    expect(stage.link).toMatchObject({ phase: 'stale', cause: 'link', dataAt: died });
  });

  it('is stale within 5 s when only PostgreSQL is silent behind a lively socket', async () => {
    await stage.live();
    stage.sourceAt = Date.now();
    for (let s = 0; s < 4; s += 2) {
      await settle(2000);
      stage.beat(10);
    }
    expect(stage.link.phase).toBe('live');
    await settle(1000);
    expect(stage.link).toMatchObject({ phase: 'stale', cause: 'source', dataAt: stage.sourceAt });
    stage.sourceAt = null;
    stage.beat(10);
    expect(stage.link.phase).toBe('live');
  });

  it('is stale when a new connection never confirms where it stands', async () => {
    await stage.live();
    stage.pipe.events.closed(1006);
    await settle(1000);
    stage.hello();
    for (let s = 0; s < 3; s++) {
      await settle(2000);
      stage.pipe.say({ type: 'level', topic, items: [] });
    }
    expect(stage.link.phase).toBe('stale');
  });

  it('is stale at once after a sleep, and believed again only after a beat of now', async () => {
    await stage.live();
    vi.setSystemTime(Date.now() + 3_600_000);
    await settle(250);
    expect(stage.link).toMatchObject({ phase: 'stale', cause: 'waking' });
    expect(stage.pipe.closed).toBe(true);
    await settle(1000);
    stage.hello();
    expect(stage.link.phase).toBe('stale');
    stage.beat(10);
    expect(stage.link.phase).toBe('live');
  });

  it('doubts a clock that was set as soon as somebody is about to draw by it', async () => {
    await stage.live();
    vi.setSystemTime(Date.now() + 600_000);
    stage.connection.notice();
    expect(stage.link).toMatchObject({ phase: 'stale', cause: 'waking' });
  });

  it('does not believe a beat that waited in a buffer while the page was frozen', async () => {
    await stage.live();
    const old = JSON.stringify({ type: 'beat', at: now(), source_at: now(), epoch: 'e1', heads: { [topic]: 10 } });
    vi.setSystemTime(Date.now() + 15_000); // the monotonic clock stands still, as in a suspended machine
    stage.pipe.events.message(old);
    expect(stage.link.phase).toBe('stale');
  });

  it('is stale while the page is hidden, and believed again only after a beat that follows its return', async () => {
    await stage.live();
    stage.connection.hide();
    expect(stage.link).toMatchObject({ phase: 'stale', cause: 'waking' });
    await settle(2000);
    stage.beat(10);
    await settle(2000);
    stage.beat(10);
    expect(stage.link.phase).toBe('stale');
    stage.connection.look();
    expect(stage.link).toMatchObject({ phase: 'stale', cause: 'waking' });
    await settle(250);
    expect(stage.link.phase).toBe('stale');
    stage.beat(10);
    expect(stage.link.phase).toBe('live');
    expect(stage.pipes).toHaveLength(1);
  });

  it('blames the link when no beat follows the return', async () => {
    await stage.live();
    stage.connection.hide();
    await settle(1000);
    stage.connection.look();
    await settle(5000);
    expect(stage.link).toMatchObject({ phase: 'stale', cause: 'link' });
  });

  it('begins as old with a kept picture, and is live when a beat confirms the snapshot', async () => {
    const dataAt = Date.now() - 3_600_000;
    stage = new Stage({ kept: { dataAt, offsetMs: 0 } });
    stage.connection.start();
    expect(stage.link).toMatchObject({ phase: 'stale', cause: 'waking', dataAt });
    await settle();
    stage.hello();
    stage.snapshot(10);
    expect(stage.link).toMatchObject({ phase: 'stale', dataAt });
    stage.beat(10);
    expect(stage.link).toMatchObject({ phase: 'live', dataAt: Date.now() });
  });

  it('names the dead link after a while when the kept picture is all there is', async () => {
    const dataAt = Date.now() - 3_600_000;
    stage = new Stage({ kept: { dataAt, offsetMs: 0 } });
    stage.connection.start();
    await settle(5000);
    expect(stage.link).toMatchObject({ phase: 'stale', cause: 'link', dataAt });
  });

  it('is stale when beats come, but ever later', async () => {
    await stage.live();
    for (let lateMs = 0; lateMs <= 8000; lateMs += 1000) {
      await settle(2000);
      const at = new Date(Date.now() - lateMs).toISOString();
      stage.pipe.say({ type: 'beat', at, source_at: at, epoch: 'e1', heads: { [topic]: 10 } });
      if (stage.pipe.closed) break;
      expect(stage.link.phase).toBe(lateMs > 4500 ? 'stale' : 'live');
    }
    expect(stage.link).toMatchObject({ phase: 'stale', cause: 'link' });
    await settle(10_000);
    expect(stage.pipes.length).toBeGreaterThan(1);
  });

  it('is not fooled by one beat from the future', async () => {
    await stage.live();
    for (const aheadMs of [0, 0, 60_000, 0, 0]) {
      await settle(2000);
      const at = new Date(Date.now() + aheadMs).toISOString();
      stage.pipe.say({ type: 'beat', at, source_at: at, epoch: 'e1', heads: { [topic]: 10 } });
      expect(stage.link).toMatchObject({ phase: 'live', offsetMs: 0 });
    }
  });

  it('names the fault and keeps the time of the data through a link, a relay and a database that die in turn', async () => {
    await stage.live();
    stage.sourceAt = Date.now(); // the relay or its database stands still: beats go on, the source does not
    const frozen = stage.sourceAt;
    for (let s = 0; s < 3; s++) {
      await settle(2000);
      stage.beat(10);
    }
    expect(stage.link).toMatchObject({ phase: 'stale', cause: 'source', dataAt: frozen });
    await settle(6000); // now the link too
    expect(stage.link).toMatchObject({ phase: 'stale', cause: 'link', dataAt: frozen });
  });

  it('knows the server is ahead of a clock that is wrong', async () => {
    stage.connection.start();
    await settle();
    stage.pipe.events.opened();
    const ahead = new Date(Date.now() + 600_000).toISOString();
    stage.pipe.say({ type: 'hello', at: ahead, epoch: 'e1', build: 'b', beat_ms: 2000 });
    stage.snapshot(1);
    stage.pipe.say({ type: 'beat', at: ahead, source_at: ahead, epoch: 'e1', heads: { [topic]: 1 } });
    expect(stage.link).toMatchObject({ phase: 'live', offsetMs: 600_000 });
  });

  it('comes back when the page is looked at after its socket fell silent', async () => {
    await stage.live();
    await settle(3500);
    stage.connection.look();
    await settle(600);
    expect(stage.pipes).toHaveLength(2);
    stage.hello();
    stage.beat(10);
    expect(stage.link.phase).toBe('live');
  });

  it('leaves a lively connection alone when the page is looked at', async () => {
    await stage.live();
    await settle(1000);
    stage.connection.look();
    await settle(1000);
    expect(stage.pipes).toHaveLength(1);
  });
});

describe('coming back', () => {
  it('doubles its pauses from 0.5 s to 5 s and after a while to 30 s, one attempt at a time', async () => {
    await stage.live();
    const pauses: number[] = [];
    for (let i = 0; i < 14; i++) {
      const before = Date.now();
      const count = stage.pipes.length;
      stage.pipe.events.opened();
      stage.pipe.events.closed(1006);
      while (stage.pipes.length === count) await settle(50);
      expect(stage.pipes.length).toBe(count + 1);
      pauses.push(Math.round((Date.now() - before) / 100) / 10);
    }
    expect(pauses).toEqual([0.5, 1, 2, 4, ...Array.from({ length: 8 }, () => 5), 30, 30]);
  });

  it('resumes from its position with the ticket it has', async () => {
    await stage.live();
    stage.event(11);
    stage.pipe.events.closed(4000);
    await settle(600);
    expect(stage.pipe.request).toMatchObject({ since: `e1:${topic}=11`, ticket: 't1' });
  });

  it('fetches a new ticket when told to renew', async () => {
    await stage.live();
    stage.pipe.events.closed(4002);
    await settle(600);
    expect(stage.pipe.request.ticket).toBe('t2');
  });

  it('waits longer when there are too many', async () => {
    await stage.live();
    stage.pipe.events.closed(4003);
    await settle(9000);
    expect(stage.pipes).toHaveLength(1);
    await settle(2000);
    expect(stage.pipes).toHaveLength(2);
  });

  it.each([4500, 4502, 4999])('stays away after %i and says so', async (code) => {
    await stage.live();
    stage.pipe.events.closed(code);
    expect(stage.link).toMatchObject({ phase: 'stale', cause: 'refused' });
    await settle(120_000);
    expect(stage.pipes).toHaveLength(1);
  });

  it('tries once more with a new ticket when the kept one was not accepted', async () => {
    await stage.live();
    stage.pipe.events.closed(4000);
    await settle(600);
    stage.pipe.events.opened();
    stage.pipe.events.closed(4501);
    await settle(1500);
    expect(stage.pipe.request.ticket).toBe('t2');
    stage.pipe.events.opened();
    stage.pipe.events.closed(4501);
    await settle(120_000);
    expect(stage.pipes).toHaveLength(3);
    expect(stage.link.cause).toBe('refused');
  });

  it('says that no ticket is given and keeps asking, slowly', async () => {
    stage.fetchTicket = () => {
      stage.tickets++;
      return Promise.reject(new TicketRefused('no'));
    };
    stage.connection.start();
    await settle(10);
    expect(stage.link.cause).toBe('refused');
    await settle(25_000);
    expect(stage.tickets).toBe(1);
    await settle(10_000);
    expect(stage.tickets).toBe(2);
  });

  it('turns to server-sent events when sockets never open, and back again', async () => {
    stage.connection.start();
    await settle();
    for (let i = 0; i < 3; i++) {
      expect(stage.pipe.request.transport).toBe('websocket');
      stage.pipe.events.closed(1006);
      await settle(5000);
    }
    expect(stage.pipe.request.transport).toBe('sse');
    stage.hello();
    stage.snapshot(1);
    stage.beat(1);
    expect(stage.link).toMatchObject({ phase: 'live', transport: 'sse' });
    stage.pipe.events.closed(1006);
    await settle(1000);
    expect(stage.pipe.request.transport).toBe('websocket');
  });

  it('gives up a pipe that never says anything', async () => {
    stage.connection.start();
    await settle(11_500);
    expect(stage.pipes.length).toBeGreaterThan(1);
    expect(stage.pipes[0]?.closed).toBe(true);
  });

  it('reports another build, but not the first', async () => {
    await stage.live();
    stage.pipe.events.closed(1001);
    await settle(600);
    stage.hello({ build: 'b2' });
    expect(stage.builds).toEqual(['b2']);
  });

  it('ignores what an abandoned pipe still says', async () => {
    await stage.live();
    const old = stage.pipe;
    stage.event(12); // a gap: this pipe is given up
    await settle(1000);
    stage.hello();
    old.say({ type: 'event', topic, seq: 11, kind: 'report', id: 'x', version: 1, at: now(), data: {} });
    expect(stage.connection.seq).toBe(10);
  });
});
