import { afterEach, describe, expect, it, vi } from 'vitest';
import type { OpsReport } from '../wire/report';
import { actRequest, emptyDraft, fieldsOf } from './actFields';
import { Drafts } from './drafts.svelte';
import { Queue } from './queue.svelte';
import { actWord, statusWord } from './words';

const raw = (id: string, version = 1, more: object = {}): object => ({
  id,
  version,
  code: id,
  status: 'moi',
  received_at: '2026-11-23T02:00:00Z',
  path: ['67'],
  ...more,
});

const report = (id: string, version: number, more: Partial<OpsReport> = {}): OpsReport =>
  ({ id, version, status: 'moi', category: 'MT', path: ['67'], closedAt: null, ...more }) as OpsReport;

function serve(...pages: { reports: object[]; next: string }[]): ReturnType<typeof vi.fn<typeof fetch>> {
  const fetcher = vi.fn<typeof fetch>();
  for (const page of pages) fetcher.mockResolvedValueOnce(new Response(JSON.stringify(page)));
  vi.stubGlobal('fetch', fetcher);
  return fetcher;
}

afterEach(() => {
  vi.unstubAllGlobals();
});

describe('the queue', () => {
  it('changes rows in place and moves none', async () => {
    serve({ reports: [raw('a'), raw('b')], next: '' });
    const queue = new Queue();
    await queue.load();
    queue.hear(report('b', 2, { status: 'da_tiep_nhan' }));
    queue.hear(report('c', 1));
    expect(queue.rows.map(({ id, version }) => `${id}${String(version)}`)).toEqual(['a1', 'b2']);
    expect(queue.freshCount).toBe(1);
  });

  it('never goes back to an older version', async () => {
    serve({ reports: [raw('a', 5)], next: '' });
    const queue = new Queue();
    await queue.load();
    queue.hear(report('a', 4));
    expect(queue.get('a')?.version).toBe(5);
    queue.drop('a', 4);
    expect(queue.rows).toHaveLength(1);
    queue.drop('a', 5);
    expect(queue.rows).toHaveLength(0);
  });

  it('counts as new only what the filters would list', async () => {
    serve({ reports: [], next: '' });
    const queue = new Queue();
    queue.query.status = 'moi';
    await queue.load();
    queue.hear(report('a', 1, { status: 'da_tiep_nhan' }));
    queue.hear(report('b', 1, { closedAt: 1 }));
    expect(queue.freshCount).toBe(0);
    queue.hear(report('c', 1));
    queue.hear(report('c', 2, { status: 'da_tiep_nhan' }));
    expect(queue.freshCount).toBe(0);
  });

  it('sends its filters and pages on without doubling a row', async () => {
    const fetcher = serve({ reports: [raw('a'), raw('b')], next: 'n1' }, { reports: [raw('b'), raw('c')], next: '' });
    const queue = new Queue();
    queue.query.q = 'rác';
    await queue.load();
    await queue.more();
    expect(queue.rows.map(({ id }) => id)).toEqual(['a', 'b', 'c']);
    const [first, second] = fetcher.mock.calls.map(([path]) => new URLSearchParams((path as string).split('?')[1]));
    expect(first?.get('q')).toBe('rác');
    expect(first?.get('open')).toBe('true');
    expect(second?.get('cursor')).toBe('n1');
  });

  it('drops an answer that a newer question overtook', async () => {
    let release: (response: Response) => void = () => undefined;
    const slow = new Promise<Response>((resolve) => {
      release = resolve;
    });
    const fetcher = vi.fn<typeof fetch>().mockReturnValueOnce(slow);
    fetcher.mockResolvedValueOnce(new Response(JSON.stringify({ reports: [raw('new')], next: '' })));
    vi.stubGlobal('fetch', fetcher);
    const queue = new Queue();
    const first = queue.load();
    await queue.load();
    release(new Response(JSON.stringify({ reports: [raw('old')], next: '' })));
    await first;
    expect(queue.rows.map(({ id }) => id)).toEqual(['new']);
  });

  it('says that it failed and keeps what it had', async () => {
    serve({ reports: [raw('a')], next: '' });
    const queue = new Queue();
    await queue.load();
    vi.stubGlobal('fetch', vi.fn<typeof fetch>().mockRejectedValue(new TypeError('no network')));
    await queue.load();
    expect(queue.failed).toBe(true);
    expect(queue.rows).toHaveLength(1);
  });
});

describe('what was typed', () => {
  it('outlives every update and walk to another report', () => {
    const drafts = new Drafts();
    drafts.of('a', 'resolve').text = 'Đã sửa';
    drafts.of('b', 'resolve').text = 'khác';
    expect(drafts.of('a', 'resolve').text).toBe('Đã sửa');
    drafts.drop('a', 'resolve');
    expect(drafts.of('a', 'resolve').text).toBe('');
  });

  it('is sent with the version its writer saw, composed, and only the fields the act has', () => {
    const draft = { ...emptyDraft(), text: ' Da\u0303 sửa ', reason: 'thừa' };
    expect(actRequest('resolve', 3, draft)).toEqual({ act: 'resolve', version: 3, text: 'Dã sửa' });
    expect(actRequest('accept', 3, draft)).toEqual({ act: 'accept', version: 3 });
  });

  it('takes a moment as a time of the place', () => {
    const draft = { ...emptyDraft(), until: '2026-11-24T08:00', reason: 'r' };
    expect(actRequest('request_extension', 1, draft)).toMatchObject({ until: '2026-11-24T01:00:00.000Z' });
  });
});

describe('words', () => {
  it('exist for every act that has fields', () => {
    for (const act of ['refuse', 'ask', 'assign', 'publish', 'merge', 'withdraw', 'escalate']) {
      expect(fieldsOf(act).length).toBeGreaterThan(0);
      expect(actWord(act)).not.toBe(act);
    }
  });

  it('leave what they do not know as it came', () => {
    expect(statusWord('tuong_lai')).toBe('tuong_lai');
    expect(actWord('teleport')).toBe('teleport');
  });
});
