// The two ways frames can reach a page. Both only carry text; connection.ts decides what it means.

export interface PipeEvents {
  opened(): void;
  message(text: string): void;
  /** Called at most once, never after close(). Code 1006 stands for "gone without a word". */
  closed(code: number): void;
}

export interface Pipe {
  close(): void;
}

export interface PipeRequest {
  transport: 'websocket' | 'sse';
  topics: readonly string[];
  /** "<epoch>:<topic>=<seq>,…" or empty for a snapshot of everything. */
  since: string;
  ticket: string;
}

export type OpenPipe = (request: PipeRequest, events: PipeEvents) => Pipe;

const protocol = 'toancanh.v1';
const goneWithoutAWord = 1006;

function address(path: string, request: PipeRequest): URL {
  const url = new URL(path, window.location.href);
  url.searchParams.set('topics', request.topics.join(','));
  if (request.since !== '') url.searchParams.set('since', request.since);
  return url;
}

/** Opens the transport the request names. The ticket never stands in the URL: a sub-protocol, or SSE's cookie. */
export const openPipe: OpenPipe = (request, events) =>
  request.transport === 'websocket' ? openWebSocket(request, events) : openEventSource(request, events);

function openWebSocket(request: PipeRequest, events: PipeEvents): Pipe {
  const url = address('/live', request);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  const socket = new WebSocket(url, request.ticket === '' ? [protocol] : [protocol, `ticket.${request.ticket}`]);
  socket.onopen = () => {
    events.opened();
  };
  socket.onmessage = (event: MessageEvent<unknown>) => {
    if (typeof event.data === 'string') events.message(event.data);
  };
  socket.onclose = (event) => {
    events.closed(event.code);
  };
  return {
    close() {
      socket.onopen = socket.onmessage = socket.onclose = null;
      socket.close(1000);
    },
  };
}

/** EventSource can send no header: its ticket is a cookie that only /live gets, and only for the handshake. */
function lendTicket(ticket: string): void {
  const secure = window.location.protocol === 'https:' ? '; Secure' : '';
  document.cookie = `toancanh_ticket=${ticket}; Path=/live; Max-Age=30; SameSite=Strict${secure}`;
}

function openEventSource(request: PipeRequest, events: PipeEvents): Pipe {
  if (request.ticket !== '') lendTicket(request.ticket);
  const source = new EventSource(address('/live/sse', request));
  const close = (): void => {
    source.onopen = source.onmessage = source.onerror = null;
    source.close();
  };
  source.onopen = () => {
    events.opened();
  };
  source.onmessage = (event: MessageEvent<string>) => {
    events.message(event.data);
  };
  // EventSource would come back by itself, without our jitter, resume position and ticket.
  source.onerror = () => {
    close();
    events.closed(goneWithoutAWord);
  };
  return { close };
}
