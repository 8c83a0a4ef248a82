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
  open: true,
  received_at: '2026-11-23T02:00:00Z',
  area: '67',
  ...more,
});

const report = (id: string, version: number, more: Partial<OpsReport> = {}): OpsReport =>
  ({
    id,
    version,
    status: 'moi',
    category: 'MT',
    path: ['67'],
    closedAt: null,
    unit: '',
    receivedAt: 0,
    dueAt: null,
    ...more,
  }) as OpsReport;

const listed = (queue: Queue): string[] => queue.ids.map((id) => `${id}${String(queue.row(id)?.version ?? '-')}`);

function serve(...pages: { rows: object[]; next: string; total?: object }[]): ReturnType<typeof vi.fn<typeof fetch>> {
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
    serve({ rows: [raw('a'), raw('b')], next: '' });
    const queue = new Queue();
    await queue.load();
    queue.hear(report('b', 2, { status: 'da_tiep_nhan' }));
    queue.hear(report('c', 1));
    expect(listed(queue)).toEqual(['a1', 'b2']);
    expect(queue.row('b')?.status).toBe('da_tiep_nhan');
    expect(queue.freshCount).toBe(1);
  });

  it('never goes back to an older version', async () => {
    serve({ rows: [raw('a', 5)], next: '' });
    const queue = new Queue();
    await queue.load();
    queue.hear(report('a', 4));
    expect(listed(queue)).toEqual(['a5']);
    queue.drop('a', 4);
    expect(listed(queue)).toEqual(['a5']);
  });

  it('holds what it heard while a report was being opened against the older answer', () => {
    const queue = new Queue();
    queue.expect('a');
    queue.hear(report('a', 2, { status: 'da_tiep_nhan' })); // while the question for version 1 is on its way
    queue.keep(report('a', 1));
    expect(queue.get('a')?.status).toBe('da_tiep_nhan');
    queue.release('a');
    queue.hear(report('a', 3));
    expect(queue.get('a')).toBeUndefined();
  });

  it('leaves the place of what may not be seen any more empty, so that no other row moves', async () => {
    serve({ rows: [raw('a', 5), raw('b')], next: '' }, { rows: [raw('b')], next: '' });
    const queue = new Queue();
    await queue.load();
    queue.keep(report('a', 5));
    queue.drop('a', 5);
    expect(listed(queue)).toEqual(['a-', 'b1']);
    expect(queue.get('a')).toBeUndefined();
    await queue.load();
    expect(listed(queue)).toEqual(['b1']);
  });

  it('forgets the words of a withdrawn report and keeps the summary of every other', async () => {
    serve({ rows: [raw('a', 1, { summary: 'rác [ẩn số]' }), raw('b', 1, { summary: 'đèn' })], next: '' });
    const queue = new Queue();
    await queue.load();
    queue.hear(report('a', 2, { description: 'rác 0912345678' }));
    queue.hear(report('b', 2, { description: '[đã thu hồi]', withdrawn: true }));
    expect(['a', 'b'].map((id) => queue.row(id)?.summary)).toEqual(['rác [ẩn số]', '[đã thu hồi]']);
  });

  it('counts as new only what the filters would list', async () => {
    serve({ rows: [], next: '' });
    const queue = new Queue();
    queue.filter.status = 'moi';
    await queue.load();
    queue.hear(report('a', 1, { status: 'da_tiep_nhan' }));
    queue.hear(report('b', 1, { closedAt: 1 }));
    expect(queue.freshCount).toBe(0);
    queue.hear(report('c', 1));
    queue.hear(report('c', 2, { status: 'da_tiep_nhan' }));
    expect(queue.freshCount).toBe(0);
  });

  it('sends its filters and pages on without doubling a row', async () => {
    const fetcher = serve({ rows: [raw('a'), raw('b')], next: 'n1' }, { rows: [raw('b'), raw('c')], next: '' });
    const queue = new Queue();
    queue.filter.q = 'rác';
    await queue.load();
    await queue.more();
    expect(queue.ids).toEqual(['a', 'b', 'c']);
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
    fetcher.mockResolvedValueOnce(new Response(JSON.stringify({ rows: [raw('new')], next: '' })));
    vi.stubGlobal('fetch', fetcher);
    const queue = new Queue();
    const first = queue.load();
    await queue.load();
    release(new Response(JSON.stringify({ rows: [raw('old')], next: '' })));
    await first;
    expect(queue.ids).toEqual(['new']);
  });

  it('knows how many there are from the first page, and fetches them all when asked to', async () => {
    serve(
      { rows: [raw('a'), raw('b')], next: 'n1', total: { count: 3, exact: true } },
      { rows: [raw('c')], next: 'n2' },
      { rows: [raw('d')], next: '' },
    );
    const queue = new Queue();
    await queue.load();
    expect([queue.count, queue.hasMore]).toEqual([3, true]);
    await queue.all(() => true);
    expect(queue.ids).toEqual(['a', 'b', 'c', 'd']);
    expect(queue.count).toBe(4);
  });

  it('stops fetching when it is told to and when something fails', async () => {
    serve({ rows: [raw('a')], next: 'n1', total: { count: 10_000, exact: false } });
    const queue = new Queue();
    await queue.load();
    expect(queue.count).toBeNull();
    await queue.all(() => false);
    expect(queue.ids).toEqual(['a']);
    vi.stubGlobal('fetch', vi.fn<typeof fetch>().mockRejectedValue(new TypeError('no network')));
    await queue.all(() => true);
    expect([queue.ids, queue.failed]).toEqual([['a'], true]);
  });

  it('says what is wrong with a filter in the words of the server', async () => {
    vi.stubGlobal(
      'fetch',
      vi.fn<typeof fetch>().mockResolvedValue(
        new Response(JSON.stringify({ errors: [{ field: 'q', reason: 'too_many', detail: 'Tối đa 10 từ.' }] }), {
          status: 422,
        }),
      ),
    );
    const queue = new Queue();
    await queue.load();
    expect(queue.fault).toBe('Tối đa 10 từ.');
  });

  it('says that it failed and keeps what it had', async () => {
    serve({ rows: [raw('a')], next: '' });
    const queue = new Queue();
    await queue.load();
    vi.stubGlobal('fetch', vi.fn<typeof fetch>().mockRejectedValue(new TypeError('no network')));
    await queue.load();
    expect(queue.failed).toBe(true);
    expect(queue.ids).toEqual(['a']);
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
