// Many things sent a few at a time, so that one sees how far it is and can stop it.

export interface Progress {
  done: number;
  of: number;
}

export interface Sending<T, R> {
  size: number;
  /** Sends a few under a name of their own: sent again under the same, they are done once. */
  send: (part: readonly T[], key: string) => Promise<R[]>;
  /** True when what went wrong may be tried once more under the same name. */
  again: (err: unknown) => boolean;
  onProgress: (progress: Progress) => void;
  goOn: () => boolean;
}

/** What came of those that were sent, and what ended it early; null when nothing did. */
export interface Sent<R> {
  results: R[];
  fault: unknown;
}

/** Sends part after part. After a part of which nothing is known, none follows. */
export async function sendInChunks<T, R>(items: readonly T[], how: Sending<T, R>): Promise<Sent<R>> {
  const results: R[] = [];
  for (let from = 0; from < items.length && how.goOn(); from += how.size) {
    const part = items.slice(from, from + how.size);
    try {
      results.push(...(await sendTwice(part, how)));
    } catch (err) {
      return { results, fault: err };
    }
    how.onProgress({ done: Math.min(items.length, from + how.size), of: items.length });
  }
  return { results, fault: null };
}

async function sendTwice<T, R>(part: readonly T[], { send, again }: Sending<T, R>): Promise<R[]> {
  const key = crypto.randomUUID();
  try {
    return await send(part, key);
  } catch (err) {
    if (!again(err)) throw err;
    return await send(part, key);
  }
}
