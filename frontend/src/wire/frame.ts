// The frames that travel to browsers, as schema/frame.go defines them. Types only.
import type { JsonObject } from './json';

export interface Hello {
  type: 'hello';
  protocol: string;
  at: number;
  epoch: string;
  build: string;
  beatMs: number;
  retryMs: number;
}

export interface SnapshotFrame {
  type: 'snapshot';
  topic: string;
  epoch: string;
  seq: number;
  at: number;
  reports: JsonObject[];
  truncated: number;
  /** Those open: high ones first, then the newest. */
  alarms: JsonObject[];
  /** By priority how many there was no room for. */
  alarmsTruncated: Readonly<Record<string, number>>;
  /** Proposed and open ones. */
  incidents: JsonObject[];
  /** Only on screen/<id>: what the screen was told to show. */
  screen: JsonObject | null;
}

export type EventKind = 'report' | 'screen' | 'note' | 'alarm' | 'incident' | 'gone' | 'reset';

export interface EventFrame {
  type: 'event';
  topic: string;
  seq: number;
  /** A kind this build does not know keeps its place in the numbering and is otherwise ignored. */
  kind: EventKind | 'unknown';
  id: string;
  version: number;
  at: number;
  data: JsonObject | null;
}

export interface LevelItem {
  key: string;
  version: number;
  at: number;
  /** null means: there is no data. It never means 0. */
  data: JsonObject | null;
}

export interface LevelFrame {
  type: 'level';
  topic: string;
  items: LevelItem[];
}

export interface Beat {
  type: 'beat';
  at: number;
  /** The leader's last good round trip to PostgreSQL, or null when the hub never heard of one. */
  sourceAt: number | null;
  epoch: string;
  heads: ReadonlyMap<string, number>;
}

export interface ResetFrame {
  type: 'reset';
  topic: string;
  reason: string;
}

export type Frame = Hello | SnapshotFrame | EventFrame | LevelFrame | Beat | ResetFrame;
