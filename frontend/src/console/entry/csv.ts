// Tables as spreadsheets here read them: semicolons, a byte order mark, nothing that reckons.
import type { Imported } from '../../api/entries';
import { m } from '../../i18n/messages/messages.js';

/** The headings of the language in use; the server reads those of both. */
export const headings = (): string[] => m.import_headings().split(';');

export function csvOf(rows: readonly (readonly string[])[]): Blob {
  const lines = rows.map((row) => row.map(cell).join(';')).join('\r\n');
  return new Blob(['\ufeff', lines, '\r\n'], { type: 'text/csv' });
}

/** A table to fill in. */
export function template(): Blob {
  return csvOf([headings()]);
}

/** What became of each line, in the order of the lines. */
export function resultRows({ reports, refused }: Imported): string[][] {
  const taken = reports.map(({ line, code, repeated }) => ({
    line,
    cells: [code, repeated ? m.import_repeated_line() : m.import_taken_line(), ''],
  }));
  const wrong = refused.map(({ line, column, detail }) => ({ line, cells: ['', detail, column] }));
  return [
    [m.import_line(), m.import_code(), m.import_outcome(), m.import_column()],
    ...[...taken, ...wrong].sort((a, b) => a.line - b.line).map(({ line, cells }) => [String(line), ...cells]),
  ];
}

function cell(text: string): string {
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[";\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
