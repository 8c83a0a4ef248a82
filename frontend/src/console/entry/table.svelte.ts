// A table on its way in: chosen, tried, taken.
import { importTable, type Imported, type Taking } from '../../api/entries';
import { Problem } from '../../api/request';
import { m } from '../../i18n/messages/messages.js';
import { faultWord } from '../account/faults';

/** More the server does not read. */
const mostBytes = 8 * 1024 * 1024;

export class Table {
  name = $state('');
  /** By which channel the lines came that do not say so. */
  channel = $state('staff');
  tried = $state.raw<Imported | null>(null);
  done = $state.raw<Imported | null>(null);
  /** What is being done, since when by the clock of this machine. */
  running = $state.raw<{ taking: Taking; since: number } | null>(null);
  fault = $state('');
  /** It could not be tried, which says nothing of the table. */
  untried = $state(false);
  #table: Blob | null = null;

  /** Takes a file in and tries it. It is read at once, for it may change on the disk. */
  async choose(file: File): Promise<void> {
    this.clear();
    if (file.size > mostBytes) {
      this.fault = m.import_too_large();
      return;
    }
    this.name = file.name;
    try {
      this.#table = new Blob([await file.arrayBuffer()]);
    } catch {
      this.fault = m.import_unreadable();
      return;
    }
    await this.try();
  }

  /** Asks what would become of it; nothing is kept. */
  async try(): Promise<void> {
    this.tried = await this.#run('dry');
  }

  /** Takes all lines, or the good ones where some are not. */
  async take(): Promise<void> {
    const { tried } = this;
    if (tried === null) return;
    this.done = await this.#run(tried.refused.length === 0 ? 'whole' : 'good');
    // It was good when it was tried and is not any more: that is shown line by line.
    if (this.done === null && this.fault === '') await this.try();
  }

  clear(): void {
    this.name = this.fault = '';
    this.untried = false;
    this.tried = this.done = this.#table = null;
  }

  async #run(taking: Taking): Promise<Imported | null> {
    const table = this.#table;
    if (table === null || this.running !== null) return null;
    this.running = { taking, since: Date.now() };
    this.fault = '';
    this.untried = false;
    try {
      return await importTable(table, taking, this.channel);
    } catch (err) {
      const judged = err instanceof Problem && err.status < 500;
      if (!judged) this.fault = taking === 'dry' ? faultWord(err) : m.import_unsure();
      else if (taking !== 'whole' || err.status !== 422) this.fault = faultsOf(err);
      this.untried = taking === 'dry' && !(err instanceof Problem && err.status === 422);
      return null;
    } finally {
      this.running = null;
    }
  }
}

/** All that is wrong with a table that cannot be read. */
function faultsOf(err: Problem): string {
  const details = err.fields.map(({ detail }) => detail).filter((detail) => detail !== '');
  return details.length > 0 ? details.join(' ') : faultWord(err);
}
