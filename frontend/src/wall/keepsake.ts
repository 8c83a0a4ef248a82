// The last picture of a wall, kept on this machine's disk, so that a page that starts again shows the old state, marked
// as old, until it has a newer one. It holds what the wall showed, nothing else, and forgets it after a week.
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { Screen } from '../api/screen';
import type { KeptTopic } from '../live/situation';
import type { MapShapes } from '../map/picture';
import type { Area } from '../rules/places';
import type { Scene } from '../rules/scene';
import type { WallReport } from '../wire/report';
import type { ShownPlace } from './place';

/** What a wall fetched once before it could draw. */
export interface KeptSetting {
  screen: Screen;
  scenes: Scene[];
  place: ShownPlace;
  areas: readonly Area[];
  shapes: MapShapes;
}

export interface KeptPicture {
  /** The topic of the place it is of. */
  topic: string;
  /** The server's time up to which it was true. */
  dataAt: number;
  /** How far the server was ahead of this machine. */
  offsetMs: number;
  topics: KeptTopic<WallReport>[];
}

export interface Keepsake {
  setting: KeptSetting;
  picture: KeptPicture;
}

/** What is kept under another mark was written by a page that read the wire otherwise: it is not read. */
interface Marked<T> {
  mark: string;
  value: T;
}

interface Shelf extends DBSchema {
  setting: { key: string; value: Marked<KeptSetting> };
  picture: { key: string; value: Marked<KeptPicture> };
}

/** False once this page has been told to forget: nothing may come back onto the disk after that. */
let keeping = true;

const longestMs = 7 * 24 * 60 * 60_000;

/** The shelf of one screen. A browser that keeps nothing (private window, full disk) costs only the old picture. */
export class KeepsakeShelf {
  readonly #screenId: string;
  readonly #mark: string;
  #db: Promise<IDBPDatabase<Shelf>> | undefined;

  constructor(screenId: string, mark: string = __WIRE__) {
    this.#screenId = screenId;
    this.#mark = mark;
  }

  /** The picture of last time; null when there is none that may be shown. `now` is this machine's clock. */
  async take(now: number): Promise<Keepsake | null> {
    try {
      const db = await this.#open();
      const [setting, picture] = await Promise.all([
        db.get('setting', this.#screenId),
        db.get('picture', this.#screenId),
      ]);
      if (setting?.mark !== this.#mark || picture?.mark !== this.#mark) return null;
      if (setting.value.place.topic !== picture.value.topic) return null;
      // A machine whose clock has died at power-off stands long before the picture: that does not make it young.
      if (now + picture.value.offsetMs - picture.value.dataAt > longestMs) return null;
      return { setting: setting.value, picture: picture.value };
    } catch {
      return null;
    }
  }

  async keepSetting(value: KeptSetting): Promise<void> {
    await this.#put('setting', value);
  }

  async keepPicture(value: KeptPicture): Promise<void> {
    await this.#put('picture', value);
  }

  /** Erases what is kept of this screen; this page keeps nothing from now on. */
  async forget(): Promise<void> {
    keeping = false;
    try {
      const db = await this.#open();
      await Promise.all([db.delete('setting', this.#screenId), db.delete('picture', this.#screenId)]);
    } catch {
      // A browser that cannot open it has kept nothing.
    }
  }

  async #put(store: 'setting' | 'picture', value: KeptSetting | KeptPicture): Promise<void> {
    try {
      const db = await this.#open();
      if (!keeping) return;
      await db.put(store, { mark: this.#mark, value } as never, this.#screenId);
    } catch {
      // Nothing kept: the next start begins empty, as a first one does.
    }
  }

  #open(): Promise<IDBPDatabase<Shelf>> {
    this.#db ??= openDB<Shelf>('toancanh-wall', 1, {
      upgrade(db) {
        db.createObjectStore('setting');
        db.createObjectStore('picture');
      },
      terminated: () => {
        this.#db = undefined;
      },
    });
    return this.#db;
  }
}
