// What a wall's page says of itself. Apart from screens.ts, so that a wall does not load what only the console needs.
import { post } from './request';

/** What a page said last about itself; times are the server's. */
export interface Beat {
  build: string;
  seq: number;
  heapBytes: number | null;
  nodes: number | null;
  longTasks: number;
  fps: number | null;
  /** The page's clock minus the server's. */
  skewMs: number | null;
  width: number;
  height: number;
  scene: string;
  area: string;
  density: string;
  phase: 'live' | 'stale' | 'connecting';
  version: number;
}

/** What a page last said about an order: that it shows it, or why it does not. */
export interface Seen {
  version: number;
  applied: boolean;
  reason: string;
  at: number;
}

/** Says that a page shows what version ordered, or why it does not. */
export async function confirmSeen(id: string, seen: Omit<Seen, 'at'>): Promise<void> {
  await post(`/api/v1/screens/${encodeURIComponent(id)}/seen`, {
    version: seen.version,
    applied: seen.applied,
    reason: seen.reason,
  });
}

/** Tells the server how a page is; about every 10 s. */
export async function sendBeat(id: string, beat: Beat): Promise<void> {
  await post(`/api/v1/screens/${encodeURIComponent(id)}/beat`, {
    build: beat.build,
    seq: beat.seq,
    heap_bytes: beat.heapBytes,
    nodes: beat.nodes,
    long_tasks: beat.longTasks,
    fps: beat.fps,
    skew_ms: beat.skewMs,
    width: beat.width,
    height: beat.height,
    scene: beat.scene,
    area: beat.area,
    density: beat.density,
    phase: beat.phase,
    version: beat.version,
  });
}
