// What the state of a connection means for whoever looks at the screen. Pure; all times in milliseconds.

/** No part of the road may be silent for longer before the look changes; the promise is 5 s. */
export const staleAfterMs = 4500;

export type Phase = 'connecting' | 'live' | 'stale';

/**
 * Why the data cannot be vouched for: no word from the hub, none from PostgreSQL, no right to listen; or this page has
 * just begun with a kept picture, woken or come to light, and waits for the word that confirms it.
 */
export type Cause = 'none' | 'link' | 'source' | 'refused' | 'waking';

export interface Link {
  phase: Phase;
  cause: Cause;
  /** The server's time up to which what is shown was true; null before anything was. */
  dataAt: number | null;
  transport: 'websocket' | 'sse';
  /** How far the server's clock is ahead of this machine's. */
  offsetMs: number;
}

export interface Signs {
  now: number;
  /** When the newest word of the hub was spoken, not when it came, by this machine's clock; null before the first. */
  heardAt: number | null;
  /** When the position in every topic was last confirmed; -Infinity after a sleep. */
  confirmedAt: number;
  confirmed: boolean;
  /** When this page began, woke or came to light; what it showed before counts as old until it is confirmed. */
  wokeAt: number;
  /** The leader's last good round trip to PostgreSQL by this machine's clock; null when unknown. */
  sourceAt: number | null;
  refused: boolean;
  /** The silence allowed, at least staleAfterMs; topics with slow beats allow more. */
  allowedMs: number;
}

/** Judges the signs: live only when every link of the chain has spoken within the allowed time. */
export function judge(s: Signs): Pick<Link, 'phase' | 'cause'> {
  if (s.refused) return { phase: 'stale', cause: 'refused' };
  const silent = s.heardAt === null || s.now - s.heardAt > s.allowedMs;
  if (!s.confirmed || silent) {
    if (s.now - s.confirmedAt <= s.allowedMs) return { phase: 'connecting', cause: 'none' };
    return { phase: 'stale', cause: silentSource(s) ? 'source' : s.now - s.wokeAt <= s.allowedMs ? 'waking' : 'link' };
  }
  const old = s.sourceAt === null || s.now - s.sourceAt > s.allowedMs;
  return old ? { phase: 'stale', cause: 'source' } : { phase: 'live', cause: 'none' };
}

/** The hub talks to us but knows nothing fresh: the fault lies behind it. */
function silentSource(s: Signs): boolean {
  const heard = s.heardAt !== null && s.now - s.heardAt <= s.allowedMs;
  return heard && s.sourceAt !== null && s.now - s.sourceAt > s.allowedMs;
}
