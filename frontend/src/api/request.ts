import { asArray, asObject, asText, parseObject, type JsonObject } from '../wire/json';

export interface FieldFault {
  field: string;
  reason: string;
  detail: string;
}

/** An answer of the API that is not a success: RFC 9457, or as much of it as there was. */
export class Problem extends Error {
  override name = 'Problem';
  readonly status: number;
  readonly detail: string;
  readonly fields: readonly FieldFault[];
  readonly requestId: string;
  /** Seconds to wait before trying again; 0 when the server named none. */
  readonly retryAfter: number;

  constructor(status: number, body: JsonObject | null, retryAfter: string | null = null) {
    const title = asText(body?.['title'], `HTTP ${String(status)}`);
    super(title);
    this.status = status;
    this.detail = asText(body?.['detail']);
    this.requestId = asText(body?.['request_id']);
    this.retryAfter = Number(retryAfter) || 0;
    this.fields = asArray(body?.['errors']).flatMap((item) => {
      const raw = asObject(item);
      return raw === null
        ? []
        : [{ field: asText(raw['field']), reason: asText(raw['reason']), detail: asText(raw['detail']) }];
    });
  }
}

/** The server was not reached, or did not answer in time. */
export class Unreachable extends Error {
  override name = 'Unreachable';
}

const limitMs = 15_000;

let tellNobody: () => void = () => undefined;

/** Names who is told when an answer says that nobody is signed in; one at a time. */
export function onNobody(tell: () => void): void {
  tellNobody = tell;
}

/** Says so where no answer does: whoever listens looks again. */
export function nobody(): void {
  tellNobody();
}

let sender: Readonly<Record<string, string>> = {};

/** Names the screen this page is: its token counts only for what is asked as a screen. */
export function askAsScreen(id: string): void {
  sender = { 'X-Toancanh-Screen': encodeURIComponent(id) };
}

/** What every request of this page says of who asks. */
export function senderHeaders(): Readonly<Record<string, string>> {
  return sender;
}

/** GETs a JSON object. Throws Problem or Unreachable, also when the question was given up. */
export function get(path: string, given?: AbortSignal): Promise<JsonObject> {
  return send(path, { headers: { Accept: 'application/json' }, ...(given === undefined ? {} : { signal: given }) });
}

/** POSTs JSON and returns the answer's object. Throws Problem or Unreachable. */
export function post(path: string, body: JsonObject): Promise<JsonObject> {
  return sendBody('POST', path, body);
}

/** POSTs JSON under a name: sent again under the same, it is done once. Throws Problem or Unreachable. */
export function postOnce(path: string, body: JsonObject, key: string): Promise<JsonObject> {
  return sendBody('POST', path, body, { 'Idempotency-Key': key });
}

/** PUTs JSON and returns the answer's object. Throws Problem or Unreachable. */
export function put(path: string, body: JsonObject): Promise<JsonObject> {
  return sendBody('PUT', path, body);
}

/** PATCHes with JSON and returns the answer's object. Throws Problem or Unreachable. */
export function patch(path: string, body: JsonObject): Promise<JsonObject> {
  return sendBody('PATCH', path, body);
}

/** DELETEs what stands at a path. Throws Problem or Unreachable. */
export async function remove(path: string): Promise<void> {
  await send(path, { method: 'DELETE', headers: { Accept: 'application/json' } });
}

function sendBody(
  method: string,
  path: string,
  body: JsonObject,
  more: Readonly<Record<string, string>> = {},
): Promise<JsonObject> {
  return send(path, {
    method,
    headers: { 'Content-Type': 'application/json', Accept: 'application/json', ...more },
    body: JSON.stringify(body),
  });
}

/** Asks the server, which may take so long, and returns the answer's object. Throws Problem or Unreachable. */
export async function send(path: string, init: RequestInit, mostMs = limitMs): Promise<JsonObject> {
  let response: Response;
  let text: string;
  const headers = new Headers(init.headers);
  for (const [name, value] of Object.entries(sender)) headers.set(name, value);
  try {
    const limit = AbortSignal.timeout(mostMs);
    const signal = init.signal == null ? limit : AbortSignal.any([init.signal, limit]);
    response = await fetch(path, { ...init, headers, signal });
    text = await response.text();
  } catch (err) {
    throw new Unreachable(`request ${path}`, { cause: err });
  }
  const body = parseObject(text);
  if (!response.ok) {
    if (response.status === 401) tellNobody();
    throw new Problem(response.status, body, response.headers.get('Retry-After'));
  }
  return body ?? {};
}
