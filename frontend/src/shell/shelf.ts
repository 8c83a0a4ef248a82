// The kept shell of the wall: one cache for each build, of which the newest two stay, because a page of the one before
// may still be up and ask for its parts.

export interface Shell {
  mark: string;
  /** Paths of the files of one build. */
  files: readonly string[];
}

const prefix = 'wall-shell-';
const page = '/wall/';
const keptBuilds = 2;
const answerMs = 4000;

/** Whether a path is the page of a wall. */
export function isPage(path: string): boolean {
  return /^\/wall\/[^/]+$/.test(path);
}

/** Keeps a build whole, or not at all. `url` is a page of it. */
export async function keepShell(shell: Shell, url: string): Promise<void> {
  const name = prefix + shell.mark;
  const cache = await caches.open(name);
  try {
    const response = await fetch(url, { cache: 'no-store', redirect: 'error' });
    const html = await response.clone().text();
    // Between the page and this worker another build may have been put in place.
    const own = shell.files.filter((file) => file.endsWith('.js') && html.includes(file));
    if (!response.ok || own.length === 0) throw new Error(`the page at ${url} is of another build`);
    await cache.addAll(shell.files);
    await cache.put(page, response);
  } catch (err) {
    await caches.delete(name);
    throw err;
  }
  const builds = (await caches.keys()).filter((key) => key.startsWith(prefix) && key !== name);
  await Promise.all(builds.slice(0, Math.max(0, builds.length + 1 - keptBuilds)).map((key) => caches.delete(key)));
}

/** The page from the server, or the kept one when the server is away, slow or ailing. */
export async function answerPage(request: Request): Promise<Response> {
  const kept = await newest(page);
  if (kept === undefined) return fetch(request);
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(answerMs) });
    return response.status >= 500 ? kept : response;
  } catch {
    return kept;
  }
}

/** A file from whichever build holds it: its name is a hash of what is in it. */
export async function keptFile(request: Request): Promise<Response> {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}

async function newest(key: string): Promise<Response | undefined> {
  const names = (await caches.keys()).filter((name) => name.startsWith(prefix));
  for (const name of names.reverse()) {
    const response = await (await caches.open(name)).match(key);
    if (response !== undefined) return response;
  }
  return undefined;
}
