// One act on many reports, and taking it back.
import { asCount, asObjects, asText, asTime, type JsonObject } from '../wire/json';
import { postOnce } from './request';

/** A report as its actor saw it. */
export interface Versioned {
  id: string;
  version: number;
}

/** What became of one of many. */
export interface Outcome {
  id: string;
  done: boolean;
  version: number;
  /** Until when it can be taken back; null when it cannot. */
  undoUntil: number | null;
  /** Why it was not done, for a reader. */
  detail: string;
}

/** Does an act on each. Throws Problem or Unreachable when it is not known of any. */
export async function actOnMany(act: JsonObject, reports: readonly Versioned[], key: string): Promise<Outcome[]> {
  return readOutcomes(await postOnce('/api/v1/reports/acts', { ...act, reports: reports.map(named) }, key));
}

/** Takes back what this person did last to each. */
export async function undoMany(reports: readonly Versioned[], key: string): Promise<Outcome[]> {
  return readOutcomes(await postOnce('/api/v1/reports/undo', { reports: reports.map(named) }, key));
}

const named = ({ id, version }: Versioned): JsonObject => ({ id, version });

function readOutcomes(raw: JsonObject): Outcome[] {
  return asObjects(raw['items']).map((item) => ({
    id: asText(item['id']),
    done: item['done'] === true,
    version: asCount(item['version']) ?? 0,
    undoUntil: asTime(item['undo_until']),
    detail: asText(item['detail'], asText(item['reason'])),
  }));
}
