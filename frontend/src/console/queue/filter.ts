// What of the reports to list: the server's own parameters, and how they stand in the address.
import { fromClock, toClock } from '../../i18n/zone';
import type { OpsReport } from '../../wire/report';

export const filterNames = [
  'open',
  'status',
  'priority',
  'category',
  'area',
  'unit',
  'source',
  'emergency',
  'overdue',
  'due_within',
  'received_from',
  'received_to',
  'has_contact',
  'q',
  'sort',
] as const;
export type FilterName = (typeof filterNames)[number];

/** Each as the server reads it; empty where it asks for nothing. Several values stand apart by commas. */
export type Filter = Record<FilterName, string>;

export const sorts = ['received', 'due', 'changed'] as const;

const nothing = Object.fromEntries(filterNames.map((name) => [name, ''])) as Filter;

/** What stands there before anybody asks for something else. */
export const everyday: Readonly<Filter> = { ...nothing, open: 'true', sort: 'received' };

/** Parts of a filter over the everyday one. Names nobody knows are left out. */
export function filterOf(parts: Readonly<Record<string, string>>): Filter {
  const given = filterNames.flatMap((name) => {
    const value = parts[name];
    return value === undefined ? [] : [[name, value] as const];
  });
  return { ...everyday, ...Object.fromEntries(given) };
}

/** What is asked of the server. */
export function searchOf(filter: Filter): URLSearchParams {
  return new URLSearchParams(partsOf(filter, nothing));
}

/** A filter as a saved view holds it. */
export function viewOf(filter: Filter): Record<string, string> {
  return { open: filter.open, ...partsOf(filter, nothing) };
}

export const sameFilter = (a: Filter, b: Filter): boolean => filterNames.every((name) => a[name] === b[name]);

/** How many of the filters ask for something else than the everyday one, search and order left out. */
export function narrowed(filter: Filter): number {
  return filterNames.filter((name) => name !== 'q' && name !== 'sort' && filter[name] !== everyday[name]).length;
}

/** Reads what follows the page's name in the fragment: the open report, and the filter. */
export function readAddress(hash: string, page: string): { opened: string; filter: Filter } {
  const [path, search] = split(hash);
  const opened = path.startsWith(`${page}/`) ? path.slice(page.length + 1) : '';
  return { opened: decode(opened), filter: filterOf(Object.fromEntries(new URLSearchParams(search))) };
}

/** The fragment of the list with an open report, or with none. It never leaves this browser. */
export function addressOf(page: string, opened: string, filter: Filter): string {
  const search = new URLSearchParams(partsOf(filter, everyday)).toString();
  return page + (opened === '' ? '' : `/${encodeURIComponent(opened)}`) + (search === '' ? '' : `?${search}`);
}

/** The values of a filter that takes several. */
export const valuesOf = (text: string): string[] => (text === '' ? [] : text.split(','));

/** The days an operator chose, both included, as bounds in time. */
export function daysOf(filter: Filter, zone: string): { from: string; to: string } {
  const day = (text: string, backMs: number): string => {
    const at = Date.parse(text);
    return Number.isNaN(at) ? '' : toClock(at - backMs, zone).slice(0, 10);
  };
  return { from: day(filter.received_from, 0), to: day(filter.received_to, 1) };
}

/** The bound in time of a chosen day; empty for none. */
export function boundOf(day: string, zone: string, end: boolean): string {
  const midnight = fromClock(`${day}T00:00`, zone);
  if (midnight === null) return '';
  if (!end) return new Date(midnight).toISOString();
  const next = toClock(midnight + dayAndAHalfMs, zone).slice(0, 10);
  const after = fromClock(`${next}T00:00`, zone);
  return after === null ? '' : new Date(after).toISOString();
}

const dayAndAHalfMs = 36 * 3_600_000;
const hourMs = 3_600_000;

/** Whether a report that changed would stand in the list. A search is the server's alone: of one it says no. */
export function matches(report: OpsReport, filter: Filter, now: number): boolean {
  const among = (name: FilterName, value: string): boolean =>
    filter[name] === '' || valuesOf(filter[name]).includes(value);
  const agrees = (name: FilterName, is: boolean): boolean => filter[name] === '' || (filter[name] === 'true') === is;
  const { dueAt } = report;
  return (
    filter.q === '' &&
    among('status', report.status) &&
    among('priority', report.priority) &&
    among('category', report.category) &&
    among('source', report.source) &&
    among('unit', report.unit === '' ? '-' : report.unit) &&
    (filter.area === '' || valuesOf(filter.area).some((code) => report.path.includes(code))) &&
    agrees('open', report.closedAt === null) &&
    agrees('emergency', report.emergency) &&
    agrees('has_contact', report.hasContact) &&
    agrees('overdue', report.closedAt === null && dueAt !== null && dueAt < now) &&
    (filter.due_within === '' ||
      (dueAt !== null && dueAt >= now && dueAt <= now + Number(filter.due_within) * hourMs)) &&
    (filter.received_from === '' || report.receivedAt >= Date.parse(filter.received_from)) &&
    (filter.received_to === '' || report.receivedAt < Date.parse(filter.received_to))
  );
}

function partsOf(filter: Filter, but: Readonly<Filter>): Record<string, string> {
  return Object.fromEntries(
    filterNames.filter((name) => filter[name] !== but[name]).map((name) => [name, filter[name]]),
  );
}

function split(hash: string): [string, string] {
  const at = hash.indexOf('?');
  return at < 0 ? [hash, ''] : [hash.slice(0, at), hash.slice(at + 1)];
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return '';
  }
}
