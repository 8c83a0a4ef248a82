// When a page may have missed something: its timers stop in hidden tabs, frozen pages and sleeping machines.

export interface Wake {
  /** The page is seen, thawed, restored from a cache, or the network is back. */
  look: () => void;
  /** The page is hidden or about to be frozen. */
  hide: () => void;
}

/** Watches the page's life; the returned function ends it. */
export function watchWake({ look, hide }: Wake): () => void {
  const listening = new AbortController();
  const { signal } = listening;
  const turn = (): void => {
    if (document.visibilityState === 'visible') look();
    else hide();
  };
  document.addEventListener('visibilitychange', turn, { signal });
  document.addEventListener('freeze', hide, { signal });
  document.addEventListener('resume', turn, { signal });
  window.addEventListener('online', turn, { signal });
  window.addEventListener(
    'pageshow',
    (event) => {
      if (event.persisted) turn();
    },
    { signal },
  );
  return () => {
    listening.abort();
  };
}
