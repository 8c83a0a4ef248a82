// What the form keeps on this phone: the reports of the outbox, their photos, and who is sending. Never more than it
// must: the words of a report go when the server has them.
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { Draft, Faults } from './draft';

export interface Receipt {
  readonly id: string;
  readonly code: string;
  /** Opens what only the sender may see; empty where the server gives none. */
  readonly secret: string;
}

/** Why a report or a photo still waits: no network, a server that asked for time, or one that ails. */
export type Wait = '' | 'network' | 'busy' | 'server';

export interface KeptReport {
  /** The UUID this phone made: the Idempotency-Key of every attempt. */
  readonly id: string;
  /** The order in which they were written, whatever the clock said. */
  readonly n: number;
  state: 'waiting' | 'sent' | 'refused';
  /** The words; null once they have arrived. */
  draft: Draft | null;
  /** The body of the first attempt, which every later one repeats; null before. */
  body: string | null;
  category: string;
  /** By this phone's clock. */
  readonly writtenAt: number;
  tries: number;
  /** When to try again, by this phone's clock. */
  dueAt: number;
  wait: Wait;
  faults: Faults;
  receipt: Receipt | null;
}

export interface KeptPhoto {
  readonly id: string;
  readonly report: string;
  readonly n: number;
  /** unsupported: the server has no place for photos yet. */
  state: 'waiting' | 'sent' | 'refused' | 'unsupported';
  /** The picture; null once it has arrived or was refused. */
  bytes: ArrayBuffer | null;
  /** A small picture of it, as a data: URL; empty once it has arrived. */
  thumb: string;
  readonly addedAt: number;
  tries: number;
  dueAt: number;
  wait: Wait;
  detail: string;
}

interface Lease {
  holder: string;
  until: number;
}

interface Tables extends DBSchema {
  reports: { key: string; value: KeptReport };
  photos: { key: string; value: KeptPhoto; indexes: { report: string } };
  lease: { key: string; value: Lease };
}

/** Where the tabs and the service worker tell each other that something has changed. */
export const channelName = 'phan-anh';

export type Shelf = IDBPDatabase<Tables>;

/** Opens the shelf; rejects where a browser keeps nothing. */
export function openShelf(): Promise<Shelf> {
  return openDB<Tables>('phan-anh', 1, {
    upgrade(db) {
      db.createObjectStore('reports', { keyPath: 'id' });
      db.createObjectStore('photos', { keyPath: 'id' }).createIndex('report', 'report');
      db.createObjectStore('lease');
    },
    // Another tab brings a newer form: this one must not stand in its way.
    blocking(_current, _blocked, event) {
      (event.target as IDBDatabase).close();
    },
  });
}
