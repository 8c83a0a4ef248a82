// The kept shell of a face, as of the wall: one cache for each build, of which the newest two stay, because a page of the
// one before may still be up and ask for its parts.

export interface Shell {
  mark: string;
  /** Paths of the files of one build. */
  files: readonly string[];
}

/** A face that starts without a server. */
export interface Face {
  /** What the names of its caches begin with. */
  readonly prefix: string;
  /** The key its page is kept under. */
  readonly page: string;
  isPage(path: string): boolean;
}

const wall: Face = { prefix: 'wall-shell-', page: '/wall/', isPage };
const keptBuilds = 2;
const answerMs = 4000;

/** Whether a path is the page of a wall. */
export function isPage(path: string): boolean {
  return /^\/wall\/[^/]+$/.test(path);
}

/** Keeps a build whole, or not at all. `url` is a page of it. */
export async function keepShell(shell: Shell, url: string, face = wall): Promise<void> {
  const name = face.prefix + shell.mark;
  const cache = await caches.open(name);
  try {
    const response = await fetch(url, { cache: 'no-store', redirect: 'error' });
    const html = await response.clone().text();
    // Between the page and this worker another build may have been put in place.
    if (!response.ok || !isOwn(shell, html)) throw new Error(`the page at ${url} is of another build`);
    await cache.addAll(shell.files);
    await cache.put(face.page, response);
  } catch (err) {
    await caches.delete(name);
    throw err;
  }
  const builds = (await caches.keys()).filter((key) => key.startsWith(face.prefix) && key !== name);
  await Promise.all(builds.slice(0, Math.max(0, builds.length + 1 - keptBuilds)).map((key) => caches.delete(key)));
}

/** The page from the server, or the kept one when the server is away, slow or ailing. */
export async function answerPage(request: Request, face = wall): Promise<Response> {
  const kept = await newest(face);
  if (kept === undefined) return fetch(request);
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(answerMs) });
    return response.status >= 500 ? kept : response;
  } catch {
    return kept;
  }
}

/** Keeps a page anew as its reader has it now, unless it is of another build. */
export async function renewPage(shell: Shell, response: Response, face: Face): Promise<void> {
  if (response.status !== 200 || !isOwn(shell, await response.clone().text())) return;
  await (await caches.open(face.prefix + shell.mark)).put(face.page, response);
}

/** Whether a page is made of a build's files. */
function isOwn(shell: Shell, html: string): boolean {
  return shell.files.some((file) => file.endsWith('.js') && html.includes(file));
}

/** A file from whichever build holds it: its name is a hash of what is in it. */
export async function keptFile(request: Request): Promise<Response> {
  return (await caches.match(request, { ignoreVary: true })) ?? fetch(request);
}

/** An answer from the server, kept for when it is away. */
export async function keptAnswer(request: Request, name: string): Promise<Response> {
  const cache = await caches.open(name);
  try {
    const response = await fetch(request, { signal: AbortSignal.timeout(answerMs) });
    if (response.ok) await cache.put(request, response.clone());
    return response;
  } catch (err) {
    const kept = await cache.match(request);
    if (kept === undefined) throw err;
    return kept;
  }
}

async function newest({ prefix, page }: Face): Promise<Response | undefined> {
  const names = (await caches.keys()).filter((name) => name.startsWith(prefix));
  for (const name of names.reverse()) {
    const response = await (await caches.open(name)).match(page);
    if (response !== undefined) return response;
  }
  return undefined;
}
