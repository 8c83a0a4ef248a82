import type { OpsReport, Origin } from '../../wire/report';
import { rowOf, type Row } from '../../wire/row';

/** The rows of a list, by report. What is read of them is told by whoever holds this. */
export class Rows {
  readonly #held = new Map<string, Row>();

  get(id: string): Row | undefined {
    return this.#held.get(id);
  }

  clear(): void {
    this.#held.clear();
  }

  /** Adds those that are not held; returns them in order. */
  take(rows: readonly Row[]): string[] {
    return rows.flatMap((row) => {
      if (this.#held.has(row.id)) return [];
      this.#held.set(row.id, row);
      return [row.id];
    });
  }

  /** Takes in a newer version of a report that is held; false when nothing changed. */
  change(report: OpsReport): boolean {
    const row = this.#held.get(report.id);
    if (row === undefined || row.version >= report.version) return false;
    this.#held.set(row.id, rowOf(report, row));
    return true;
  }

  /** Drops a report unless a newer version is held; false when nothing changed. */
  drop(id: string, version: number): boolean {
    const row = this.#held.get(id);
    return row !== undefined && row.version <= version && this.#held.delete(id);
  }
}

/** Where all of this comes from, each origin once. */
export function originsOf(known: readonly Origin[], rows: readonly Row[]): Origin[] {
  return [...new Set([...known, ...rows.map(({ origin }) => origin)])];
}
