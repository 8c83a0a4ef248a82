// The outbox: what was written waits on this phone until the server has it, through closed tabs and dead batteries, and
// arrives once. Each report is sent under the UUID it got when its form was opened, with the same bytes each time; its
// photos follow one by one.
import { bodyOf, type Draft } from './draft';
import { postPhoto, postReport, serverTime, type Outcome } from './post';
import type { KeptPhoto, KeptReport, Shelf } from './shelf';
import type { Turn } from './turn';

export const mostReports = 20;
export const mostPhotos = 5;

const firstPauseMs = 2_000;
const longestPauseMs = 15 * 60_000;
/** A photo for which the server has no place is offered again after this. */
const unsupportedMs = 60 * 60_000;
/** No wait is longer: a due time farther off was set by another clock. */
const longestWaitMs = 60 * 60_000;

/** A report that waited this long says when it was written; one that seems to have waited longer was misdated. */
const worthSayingMs = 10 * 60_000;
const plausibleMs = 30 * 24 * 60 * 60_000;

const orphanMs = 2 * 24 * 60 * 60_000;

export interface Entry extends KeptReport {
  /** Its photos, without their bytes, in order. */
  readonly photos: readonly Omit<KeptPhoto, 'bytes'>[];
}

export interface OutboxParts {
  readonly shelf: Shelf;
  readonly turn: Turn;
  readonly fetch: typeof fetch;
  readonly now: () => number;
  readonly random: () => number;
  /** Told when something has changed; `sending` is the report on its way. */
  readonly changed: (sending: string | null) => void;
}

export type Added = 'added' | 'known' | 'full';

export class Outbox {
  readonly #parts: OutboxParts;

  constructor(parts: OutboxParts) {
    this.#parts = parts;
  }

  /** Everything kept, the newest first. */
  async list(): Promise<Entry[]> {
    const tx = this.#parts.shelf.transaction(['reports', 'photos']);
    const [reports, photos] = await Promise.all([
      tx.objectStore('reports').getAll(),
      tx.objectStore('photos').getAll(),
      tx.done,
    ]);
    return reports
      .sort((a, b) => b.n - a.n)
      .map((report) => ({ ...report, photos: inOrder(photos.filter((photo) => photo.report === report.id)) }));
  }

  /**
   * Takes a report in under its id; the photos of that id are its own. known: it was taken before, as from a second tab.
   * full: twenty are kept and none of them has arrived.
   */
  async add(id: string, draft: Draft): Promise<Added> {
    const tx = this.#parts.shelf.transaction(['reports', 'photos'], 'readwrite');
    const reports = tx.objectStore('reports');
    const kept = (await reports.getAll()).sort((a, b) => a.n - b.n);
    if (kept.some((one) => one.id === id)) return 'known';
    if (kept.length >= mostReports) {
      const oldest = kept.find((one) => one.state === 'sent');
      if (oldest === undefined) return 'full';
      await reports.delete(oldest.id);
      for (const key of await tx.objectStore('photos').index('report').getAllKeys(oldest.id))
        await tx.objectStore('photos').delete(key);
    }
    await reports.add({
      id,
      n: (kept.at(-1)?.n ?? 0) + 1,
      state: 'waiting',
      draft: { ...draft },
      body: null,
      category: draft.category,
      writtenAt: this.#parts.now(),
      tries: 0,
      dueAt: 0,
      wait: '',
      faults: {},
      receipt: null,
    });
    await tx.done;
    this.#parts.changed(null);
    return 'added';
  }

  /** Takes a report out for good. */
  async remove(id: string): Promise<void> {
    const tx = this.#parts.shelf.transaction(['reports', 'photos'], 'readwrite');
    await tx.objectStore('reports').delete(id);
    for (const key of await tx.objectStore('photos').index('report').getAllKeys(id))
      await tx.objectStore('photos').delete(key);
    await tx.done;
    this.#parts.changed(null);
  }

  /** Takes a refused report out to be mended under a new id, its photos with it; null when it is no longer there. */
  async reopen(id: string, under: string): Promise<Draft | null> {
    const tx = this.#parts.shelf.transaction(['reports', 'photos'], 'readwrite');
    const report = await tx.objectStore('reports').get(id);
    if (report?.state !== 'refused' || report.draft === null) return null;
    await tx.objectStore('reports').delete(id);
    for (const photo of await tx.objectStore('photos').index('report').getAll(id))
      await tx.objectStore('photos').put({ ...photo, report: under });
    await tx.done;
    this.#parts.changed(null);
    return report.draft;
  }

  async addPhoto(photo: Pick<KeptPhoto, 'id' | 'report' | 'n' | 'bytes' | 'thumb'>): Promise<void> {
    const now = this.#parts.now();
    const fresh = { state: 'waiting', addedAt: now, tries: 0, dueAt: 0, wait: '', detail: '' } as const;
    await this.#parts.shelf.put('photos', { ...photo, ...fresh });
  }

  async photosOf(report: string): Promise<Omit<KeptPhoto, 'bytes'>[]> {
    return inOrder(await this.#parts.shelf.getAllFromIndex('photos', 'report', report));
  }

  async removePhoto(id: string): Promise<void> {
    await this.#parts.shelf.delete('photos', id);
  }

  /** Forgets the photos of forms that were never sent, but for those of `current`. */
  async sweep(current: string): Promise<void> {
    const tx = this.#parts.shelf.transaction(['reports', 'photos'], 'readwrite');
    const known = new Set<string>([current, ...(await tx.objectStore('reports').getAllKeys())]);
    const now = this.#parts.now();
    for (const photo of await tx.objectStore('photos').getAll())
      if (!known.has(photo.report) && Math.abs(now - photo.addedAt) > orphanMs)
        await tx.objectStore('photos').delete(photo.id);
    await tx.done;
  }

  /**
   * Sends what is due: reports first, in the order they were written, then photos. `eager` also tries what only waits for
   * a network, never what the server asked to hold back. Says whether it had the turn.
   */
  flush({ eager, force = false }: { eager: boolean; force?: boolean }): Promise<boolean> {
    return this.#parts.turn.take(async (stillMine) => {
      let online = true;
      while (online) {
        const next = (await this.#reports()).find((report) => report.state === 'waiting' && this.#isDue(report, eager));
        if (next === undefined) break;
        await stillMine();
        online = await this.#sendReport(next);
      }
      while (online) {
        const next = await this.#nextPhoto(eager);
        if (next === undefined) break;
        await stillMine();
        online = await this.#sendPhoto(next.photo, next.report);
      }
    }, force);
  }

  /** Milliseconds until something is due; null when nothing waits. */
  async nextDue(): Promise<number | null> {
    const [reports, photos] = [await this.#reports(), await this.#parts.shelf.getAll('photos')];
    const sent = new Set(reports.filter((report) => report.state === 'sent').map((report) => report.id));
    const waiting = [
      ...reports.filter((report) => report.state === 'waiting'),
      ...photos.filter((photo) => isOpen(photo) && sent.has(photo.report)),
    ];
    if (waiting.length === 0) return null;
    const now = this.#parts.now();
    return Math.min(...waiting.map((one) => (this.#isDue(one, false) ? 0 : one.dueAt - now)));
  }

  async #reports(): Promise<KeptReport[]> {
    return (await this.#parts.shelf.getAll('reports')).sort((a, b) => a.n - b.n);
  }

  #isDue({ dueAt, wait }: { dueAt: number; wait: string }, eager: boolean): boolean {
    const left = dueAt - this.#parts.now();
    return left <= 0 || left > longestWaitMs || (eager && wait === 'network');
  }

  async #nextPhoto(eager: boolean): Promise<{ photo: KeptPhoto; report: KeptReport } | undefined> {
    const photos = (await this.#parts.shelf.getAll('photos')).sort((a, b) => a.n - b.n);
    for (const report of await this.#reports()) {
      if (report.state !== 'sent') continue;
      const photo = photos.find((one) => one.report === report.id && isOpen(one) && this.#isDue(one, eager));
      if (photo !== undefined) return { photo, report };
    }
    return undefined;
  }

  /** Sends one report; false when the network or the server is away and the rest had better wait too. */
  async #sendReport(report: KeptReport): Promise<boolean> {
    this.#parts.changed(report.id);
    const body = report.body ?? (await this.#firstBody(report));
    const outcome: Outcome<KeptReport['receipt']> =
      body === null
        ? { kind: 'later', wait: 'network', afterMs: 0 }
        : await postReport(this.#parts.fetch, report.id, body);
    const tx = this.#parts.shelf.transaction('reports', 'readwrite');
    // Deleted by hand while it was on its way: only what has arrived is worth its place again.
    const now = (await tx.store.get(report.id)) ?? (outcome.kind === 'done' ? report : undefined);
    if (now !== undefined) await tx.store.put(this.#after(now, outcome));
    await tx.done;
    this.#parts.changed(null);
    return outcome.kind !== 'later';
  }

  #after(report: KeptReport, outcome: Outcome<KeptReport['receipt']>): KeptReport {
    switch (outcome.kind) {
      case 'done':
        return { ...report, state: 'sent', draft: null, body: null, receipt: outcome.value, wait: '' };
      case 'refused':
        return { ...report, state: 'refused', faults: outcome.faults, wait: '' };
      case 'missing':
        return this.#after(report, { kind: 'later', wait: 'server', afterMs: 0 });
      case 'later':
        return {
          ...report,
          tries: report.tries + 1,
          wait: outcome.wait,
          dueAt: this.#again(report.tries, outcome.afterMs),
        };
      default:
        return outcome satisfies never;
    }
  }

  /** The bytes of the first attempt, kept before they are sent; null when the server's time is needed and not to be had. */
  async #firstBody(report: KeptReport): Promise<string | null> {
    if (report.draft === null) return null;
    const waited = this.#parts.now() - report.writtenAt;
    let occurredAt: number | null = null;
    if (waited >= worthSayingMs && waited <= plausibleMs) {
      const there = await serverTime(this.#parts.fetch);
      if (there === null) return null;
      occurredAt = there - waited;
    }
    const body = bodyOf(report.draft, occurredAt);
    const tx = this.#parts.shelf.transaction('reports', 'readwrite');
    const now = await tx.store.get(report.id);
    if (now !== undefined) await tx.store.put({ ...now, body });
    await tx.done;
    return body;
  }

  async #sendPhoto(photo: KeptPhoto, report: KeptReport): Promise<boolean> {
    if (report.receipt === null) return true;
    this.#parts.changed(report.id);
    const outcome = await postPhoto(this.#parts.fetch, report.receipt, photo);
    const tx = this.#parts.shelf.transaction('photos', 'readwrite');
    const now = await tx.store.get(photo.id);
    if (now !== undefined) await tx.store.put(this.#photoAfter(now, outcome));
    await tx.done;
    this.#parts.changed(null);
    return outcome.kind !== 'later';
  }

  #photoAfter(photo: KeptPhoto, outcome: Outcome<null>): KeptPhoto {
    switch (outcome.kind) {
      case 'done':
        return { ...photo, state: 'sent', bytes: null, thumb: '', wait: '' };
      case 'refused':
        return {
          ...photo,
          state: 'refused',
          bytes: null,
          thumb: '',
          wait: '',
          detail: Object.values(outcome.faults)[0] ?? '',
        };
      case 'missing':
        return { ...photo, state: 'unsupported', dueAt: this.#parts.now() + unsupportedMs, wait: '' };
      case 'later':
        return {
          ...photo,
          tries: photo.tries + 1,
          wait: outcome.wait,
          dueAt: this.#again(photo.tries, outcome.afterMs),
        };
      default:
        return outcome satisfies never;
    }
  }

  /** When to try again: what the server asked for, else twice as long as last time, spread so that phones do not come together. */
  #again(tries: number, askedMs: number): number {
    const spread = 0.75 + this.#parts.random() / 2;
    const own = Math.min(longestPauseMs, firstPauseMs * 2 ** Math.min(tries, 16)) * spread;
    return this.#parts.now() + Math.max(Math.round(own), askedMs);
  }
}

function isOpen(photo: KeptPhoto): boolean {
  return photo.bytes !== null && (photo.state === 'waiting' || photo.state === 'unsupported');
}

/** In the order they were added, without their bytes. */
function inOrder(photos: readonly KeptPhoto[]): Omit<KeptPhoto, 'bytes'>[] {
  return [...photos].sort((a, b) => a.n - b.n).map((photo) => ({ ...photo, bytes: undefined }));
}
