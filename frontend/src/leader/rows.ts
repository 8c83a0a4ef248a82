// What lies behind each of a leader's numbers, as a short list.
import { fetchRows } from '../api/rows';
import { get } from '../api/request';
import type { Formats } from '../i18n/format';
import { m } from '../i18n/messages/messages.js';
import { asObjects, asText, asTime } from '../wire/json';
import type { Row } from '../wire/row';
import type { Behind } from './numbers';

export interface BehindRow {
  id: string;
  text: string;
  detail: string;
  /** Where more of it stands; empty when nowhere. */
  href: string;
}

export interface BehindList {
  rows: BehindRow[];
  /** There are more than are listed. */
  more: boolean;
}

export interface Words {
  formats: Formats;
  place: (code: string) => string;
  category: (code: string) => string;
  unit: (code: string) => string;
}

/** As many as a thumb scrolls through. */
const most = 30;

const filters: Partial<Record<Behind, Record<string, string>>> = {
  overdue: { open: 'true', overdue: 'true', sort: 'due' },
  late: { late: 'true' },
  open: { open: 'true', sort: 'due' },
};

/** Throws Problem or Unreachable. */
export async function fetchBehind(behind: Behind, words: Words, given: AbortSignal): Promise<BehindList> {
  if (behind === 'alarms') return alarms(words, given);
  if (behind === 'silent') return silent(words, given);
  const page = await fetchRows(new URLSearchParams(filters[behind]), { cursor: '', limit: most }, given);
  return { rows: page.rows.map((row) => reportRow(row, words)), more: page.next !== '' };
}

function reportRow(row: Row, { formats, place, category, unit }: Words): BehindRow {
  const due = row.dueAt === null ? '' : m.leader_due({ time: formats.moment(row.dueAt) });
  const who = row.unit === '' ? m.leader_no_unit() : unit(row.unit);
  return {
    id: row.id,
    text: `${row.code} · ${category(row.category)} · ${place(row.area)}`,
    detail: [who, due].filter((word) => word !== '').join(' · '),
    href: `/console#phan-anh/${encodeURIComponent(row.code)}`,
  };
}

async function alarms({ formats, place }: Words, given: AbortSignal): Promise<BehindList> {
  const raw = await get(`/api/v1/alarms?state=open&priority=high&limit=${String(most)}`, given);
  const rows = asObjects(raw['alarms']).map((alarm): BehindRow => {
    const since = asTime(alarm['raised_at']);
    const by = asText(alarm['acked_by']);
    return {
      id: asText(alarm['id']),
      text: `${asText(alarm['label'])} · ${asText(alarm['target_name'])}`,
      detail: [
        place(asText(alarm['area'])),
        since === null ? '' : formats.moment(since),
        by === '' ? m.leader_nobody() : m.leader_taken({ name: by }),
      ]
        .filter((word) => word !== '')
        .join(' · '),
      href: `/console#canh-bao/${encodeURIComponent(asText(alarm['id']))}`,
    };
  });
  return { rows, more: rows.length === most };
}

async function silent({ formats, place }: Words, given: AbortSignal): Promise<BehindList> {
  const raw = await get('/api/v1/sensors', given);
  const rows = asObjects(raw['sensors'])
    .filter((sensor) => sensor['state'] === 'unknown')
    .map((sensor): BehindRow => {
      const at = asTime(sensor['at']);
      const code = asText(sensor['code']);
      return {
        id: code,
        text: asText(sensor['name']),
        detail: `${place(asText(sensor['area']))} · ${at === null ? m.leader_never() : m.leader_last({ time: formats.moment(at) })}`,
        href: `/console#cam-bien/${encodeURIComponent(code)}`,
      };
    });
  return { rows: rows.slice(0, most), more: rows.length > most };
}
