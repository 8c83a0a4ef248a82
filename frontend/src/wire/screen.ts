// What one screen has been told to show, as the topic screen/<id> and the API say it.
import { asCount, asNumber, asObject, asText, asTime, type JsonObject } from './json';

export const densities = ['far', 'middle', 'near'] as const;
export type Density = (typeof densities)[number];

/** With auto the panel and the farthest seat decide. */
export type DensityChoice = Density | 'auto';

export type HighlightKind = 'report' | 'sensor' | 'area';
export type MessageState = 'attention' | 'warning' | 'critical';

export interface Highlight {
  kind: HighlightKind;
  id: string;
}

export interface ScreenMessage {
  text: string;
  state: MessageState;
  /** When it leaves the screen, by the server's clock; null until it is cleared. */
  until: number | null;
}

export interface Show {
  /** The scene that was sent; empty when none was. */
  scene: string;
  /** The area that was sent in place of the screen's own. */
  area: { division: string; code: string } | null;
  highlight: Highlight | null;
  message: ScreenMessage | null;
  /** The screen this one follows in a meeting; its own id when it presents; empty outside meetings. */
  presenter: string;
  /** A page reloads when this has grown since it started. */
  reload: number;
}

export interface ScreenState {
  id: string;
  /** Grows with every change; 0 when nothing was ever set. */
  version: number;
  /** The scene in force: what was sent, else the screen's own. */
  scene: string;
  density: DensityChoice;
  /** Height of the lit picture; null: a 55 inch panel is assumed. */
  panelMm: number | null;
  /** Distance of the farthest seat; null: 5 m is assumed. */
  viewingMm: number | null;
  show: Show;
}

/** The scene of a screen that nobody has set anything for. */
export const ordinaryScene = 'ngay-thuong';

/** Reads a screen; null when it lacks its id or its version. A part that cannot be read counts as not set. */
export function parseScreenState(raw: JsonObject): ScreenState | null {
  const id = asText(raw['id']);
  const version = asCount(raw['version']);
  if (id === '' || version === null) return null;
  return {
    id,
    version,
    scene: asText(raw['scene']) || ordinaryScene,
    density: asDensity(raw['density']),
    panelMm: asLength(raw['panel_mm']),
    viewingMm: asLength(raw['viewing_mm']),
    show: parseShow(asObject(raw['show'])),
  };
}

/** A screen that nobody has set anything for. */
export function unsetScreen(id: string): ScreenState {
  return {
    id,
    version: 0,
    scene: ordinaryScene,
    density: 'auto',
    panelMm: null,
    viewingMm: null,
    show: parseShow(null),
  };
}

function parseShow(raw: JsonObject | null): Show {
  return {
    scene: asText(raw?.['scene']),
    area: parseArea(asObject(raw?.['area'])),
    highlight: parseHighlight(asObject(raw?.['highlight'])),
    message: parseMessage(asObject(raw?.['message'])),
    presenter: asText(raw?.['presenter']),
    reload: asCount(raw?.['reload']) ?? 0,
  };
}

function parseArea(raw: JsonObject | null): Show['area'] {
  const division = asText(raw?.['division']);
  const code = asText(raw?.['code']);
  return division === '' || code === '' ? null : { division, code };
}

function parseHighlight(raw: JsonObject | null): Highlight | null {
  const kind = asText(raw?.['kind']);
  const id = asText(raw?.['id']);
  return id !== '' && (kind === 'report' || kind === 'sensor' || kind === 'area') ? { kind, id } : null;
}

function parseMessage(raw: JsonObject | null): ScreenMessage | null {
  const text = asText(raw?.['text']).normalize('NFC');
  const state = asText(raw?.['state']);
  if (text === '') return null;
  return {
    text,
    state: state === 'warning' || state === 'critical' ? state : 'attention',
    until: asTime(raw?.['until']),
  };
}

export function asDensity(value: unknown): DensityChoice {
  const text = asText(value);
  return densities.find((density) => density === text) ?? 'auto';
}

function asLength(value: unknown): number | null {
  const mm = asNumber(value);
  return mm !== null && mm > 0 ? mm : null;
}
