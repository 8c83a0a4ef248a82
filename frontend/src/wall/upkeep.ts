// What keeps a wall fit to run for months: planned reloads and a slow shift of the picture.

const shiftEveryMs = 10 * 60_000;
const checkEveryMs = 60_000;
const reloadHour = 4;
const leastUptimeMs = 12 * 60 * 60_000;
const buildSpreadMs = 30_000;

export interface Upkeep {
  /** No reload and no shift while this is false: an alarm is on the screen, or the link is down. */
  calm: () => boolean;
  /** The hour of the day where the wall stands. */
  hour: () => number;
  shift: (x: number, y: number) => void;
  reload: () => void;
}

// Points on a small square, so that no edge burns into the panel.
const path = [
  [0, 0],
  [3, 0],
  [3, 3],
  [0, 3],
  [-3, 3],
  [-3, 0],
  [-3, -3],
  [0, -3],
] as const;

/** Starts the upkeep; the returned function ends it. */
export function keepFit(upkeep: Upkeep, random: () => number = Math.random): () => void {
  const startedAt = Date.now();
  const minute = Math.floor(random() * 60); // each screen its own, so that never all are away at once
  let step = 0;
  const shifting = setInterval(() => {
    if (!upkeep.calm()) return;
    step = (step + 1) % path.length;
    const [x, y] = path[step] ?? [0, 0];
    upkeep.shift(x, y);
  }, shiftEveryMs);
  const checking = setInterval(() => {
    const due = upkeep.hour() === reloadHour && new Date().getMinutes() >= minute;
    if (due && Date.now() - startedAt > leastUptimeMs && upkeep.calm()) void reloadIfServed(upkeep.reload);
  }, checkEveryMs);
  return () => {
    clearInterval(shifting);
    clearInterval(checking);
  };
}

/** Reloads for a new build: soon, not together with every other screen. */
export function reloadSoon(reload: () => void, random: () => number = Math.random): void {
  setTimeout(() => void reloadIfServed(reload), random() * buildSpreadMs);
}

/** A reload while the server is away would trade an old picture for none. */
async function reloadIfServed(reload: () => void): Promise<void> {
  try {
    const response = await fetch('/healthz', { cache: 'no-store', signal: AbortSignal.timeout(5000) });
    if (response.ok) reload();
  } catch {
    // Not now: the next check asks again.
  }
}
