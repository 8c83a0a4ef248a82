// One attempt to bring something to the server, and what became of it.
import { asArray, asObject, asText, parseObject, type JsonObject } from '../wire/json';
import { fieldOf, type Faults } from './draft';
import type { KeptPhoto, Receipt } from './shelf';

export type Outcome<T> =
  | { readonly kind: 'done'; readonly value: T }
  /** What was sent is wrong and will not become right by itself. */
  | { readonly kind: 'refused'; readonly faults: Faults }
  /** Again later. `afterMs` is what the server asked for; 0 when it asked for nothing. */
  | { readonly kind: 'later'; readonly wait: 'network' | 'busy' | 'server'; readonly afterMs: number }
  /** The server knows no such thing. */
  | { readonly kind: 'missing' };

const answerMs = 45_000;
const longestAskedMs = 60 * 60_000;

type Fetch = typeof fetch;

/** Sends a report. Only a receipt with a code counts: what a hotel's sign-in page answers does not. */
export async function postReport(send: Fetch, id: string, body: string): Promise<Outcome<Receipt>> {
  const answer = await ask(send, '/api/v1/reports', {
    body,
    // The mark of our own pages: the report counts as one of the form.
    headers: { 'Content-Type': 'application/json', 'Idempotency-Key': id, 'X-Toancanh': '1' },
  });
  if (answer === null) return { kind: 'later', wait: 'network', afterMs: 0 };
  const { status, said } = answer;
  const code = asText(said?.['code']);
  if (status === 201 && code !== '')
    return { kind: 'done', value: { id: asText(said?.['id'], code), code, secret: asText(said?.['secret']) } };
  if (status === 422 || status === 400 || status === 413 || status === 415)
    return said === null ? { kind: 'later', wait: 'server', afterMs: 0 } : { kind: 'refused', faults: faultsOf(said) };
  return later(answer);
}

/** Sends one photo of a report that has arrived. */
export async function postPhoto(send: Fetch, receipt: Receipt, photo: KeptPhoto): Promise<Outcome<null>> {
  const answer = await ask(send, `/api/v1/reports/${encodeURIComponent(receipt.id)}/photos`, {
    body: photo.bytes,
    headers: { 'Content-Type': 'image/jpeg', 'Idempotency-Key': photo.id, 'Report-Secret': receipt.secret },
  });
  if (answer === null) return { kind: 'later', wait: 'network', afterMs: 0 };
  const { status, said } = answer;
  if (status === 201) return { kind: 'done', value: null };
  if (status === 404 || status === 405 || receipt.secret === '') return { kind: 'missing' };
  if ([400, 401, 403, 409, 410, 413, 415, 422].includes(status) && said !== null)
    return { kind: 'refused', faults: faultsOf(said) };
  return later(answer);
}

/**
 * The server's time, from the Date header of an answer; null when it cannot be had. A second off does not matter, a year
 * of a phone's clock would.
 */
export async function serverTime(send: Fetch): Promise<number | null> {
  try {
    const response = await send('/healthz', { cache: 'no-store', signal: AbortSignal.timeout(answerMs) });
    const at = Date.parse(response.headers.get('Date') ?? '');
    return response.ok && !Number.isNaN(at) ? at : null;
  } catch {
    return null;
  }
}

interface Answer {
  status: number;
  said: JsonObject | null;
  retryAfter: string | null;
}

/** POSTs without cookies: a report is nobody's session's. null when no answer came. */
async function ask(
  send: Fetch,
  path: string,
  what: { body: BodyInit | null; headers: Record<string, string> },
): Promise<Answer | null> {
  try {
    const response = await send(path, {
      method: 'POST',
      body: what.body,
      headers: { Accept: 'application/json', ...what.headers },
      credentials: 'omit',
      redirect: 'error',
      cache: 'no-store',
      signal: AbortSignal.timeout(answerMs),
    });
    const said = parseObject(await response.text());
    return { status: response.status, said, retryAfter: response.headers.get('Retry-After') };
  } catch {
    return null;
  }
}

function later({ status, retryAfter }: Answer): Outcome<never> {
  const asked = Math.min(Math.max(0, Number(retryAfter) || 0) * 1000, longestAskedMs);
  return { kind: 'later', wait: status === 429 || status === 503 ? 'busy' : 'server', afterMs: asked };
}

function faultsOf(said: JsonObject): Faults {
  const faults: Faults = {};
  for (const item of asArray(said['errors'])) {
    const raw = asObject(item);
    const field = fieldOf(asText(raw?.['field']));
    faults[field] ??= asText(raw?.['detail']);
  }
  if (Object.keys(faults).length === 0) faults.other = asText(said['detail'], asText(said['title']));
  return faults;
}
