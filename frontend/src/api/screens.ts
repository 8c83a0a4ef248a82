// The screens of the centre: what each was told to show, how it is, and the orders that change it.
import { asArray, asCount, asNumber, asObject, asText, asTime, type JsonObject } from '../wire/json';
import {
  asDensity,
  parseScreenState,
  type DensityChoice,
  type HighlightKind,
  type MessageState,
  type ScreenState,
} from '../wire/screen';
import { get, post, put, remove, send } from './request';
import type { Beat, Seen } from './screenPage';

export { parseScreenState, type ScreenState } from '../wire/screen';
export { confirmSeen, sendBeat, type Beat, type Seen } from './screenPage';

export interface HeardBeat extends Beat {
  at: number;
}

/** What makes a browser a screen. */
export interface Pairing {
  pairedAt: number;
  /** Who entered the code: a person's name, else an opaque id. */
  by: string;
  /** On the sample's own machine, without a code. */
  own: boolean;
  /** Browser and system in two words. */
  agent: string;
  /** Null while it holds. */
  endedAt: number | null;
  endedWhy: string;
}

export interface ListedScreen {
  state: ScreenState;
  title: string;
  division: string;
  area: string;
  areaName: string;
  /** The connection point (điểm cầu) it stands at; empty for none. */
  point: string;
  beat: HeardBeat | null;
  /** True while its last beat is younger than 25 s. */
  connected: boolean;
  seen: Seen | null;
  settings: ScreenSettings;
  /** The newest; null when it was never paired. */
  pairing: Pairing | null;
}

export interface ScreenList {
  /** The server's time of the answer. */
  at: number;
  screens: ListedScreen[];
}

/** What of a screen is set once and not ordered; null and empty mean the product's own choice. */
export interface ScreenSettings {
  title: string;
  point: string;
  area: string;
  scene: string;
  density: DensityChoice;
  panelMm: number | null;
  viewingMm: number | null;
}

/** A part that is absent stays as it is; null or an empty scene takes it back. */
export interface ShowOrder {
  scene?: string;
  area?: { division: string; code: string } | null;
  highlight?: { kind: HighlightKind; id: string } | null;
  message?: { text: string; state: MessageState; until: Date | null } | null;
  /** Every screen ordered loads its page anew. */
  reload?: true;
}

/** A screen that cannot show what was ordered, and why, in a sentence for people. */
export interface Refused {
  screen: string;
  reason: string;
}

export interface OrderAnswer {
  /** The versions to wait for. */
  screens: { id: string; version: number }[];
  refused: Refused[];
}

export async function listScreens(): Promise<ScreenList> {
  // The page asks this on its own, without anybody's doing: it must keep no idle session alive.
  const answer = await send('/api/v1/screens', { headers: { Accept: 'application/json', 'X-Toancanh-Idle': '1' } });
  const screens = asArray(answer['screens']).flatMap((item) => {
    const raw = asObject(item);
    const screen = raw === null ? null : parseListed(raw);
    return screen === null ? [] : [screen];
  });
  return { at: asTime(answer['at']) ?? Date.now(), screens };
}

export function parseListed(raw: JsonObject): ListedScreen | null {
  const state = parseScreenState(raw);
  if (state === null) return null;
  return {
    state,
    title: asText(raw['title']).normalize('NFC'),
    division: asText(raw['division']),
    area: asText(raw['area']),
    areaName: asText(raw['area_name']).normalize('NFC'),
    point: asText(raw['point']).normalize('NFC'),
    beat: parseBeat(asObject(raw['beat'])),
    connected: raw['connected'] === true,
    seen: parseSeen(asObject(raw['seen'])),
    settings: parseSettings(asObject(raw['settings'])),
    pairing: parsePairing(asObject(raw['pairing'])),
  };
}

function parsePairing(raw: JsonObject | null): Pairing | null {
  const pairedAt = asTime(raw?.['paired_at']);
  if (raw === null || pairedAt === null) return null;
  return {
    pairedAt,
    by: asText(raw['by_name']).normalize('NFC') || asText(raw['by']),
    own: raw['own'] === true,
    agent: asText(raw['agent']),
    endedAt: asTime(raw['ended_at']),
    endedWhy: asText(raw['ended_why']),
  };
}

function parseSettings(raw: JsonObject | null): ScreenSettings {
  return {
    title: asText(raw?.['title']).normalize('NFC'),
    point: asText(raw?.['point']).normalize('NFC'),
    area: asText(raw?.['area']),
    scene: asText(raw?.['scene']),
    density: asDensity(raw?.['density']),
    panelMm: asNumber(raw?.['panel_mm']),
    viewingMm: asNumber(raw?.['viewing_mm']),
  };
}

function parseBeat(raw: JsonObject | null): HeardBeat | null {
  const at = asTime(raw?.['at']);
  if (raw === null || at === null) return null;
  const phase = asText(raw['phase']);
  return {
    at,
    build: asText(raw['build']),
    seq: asCount(raw['seq']) ?? 0,
    heapBytes: asCount(raw['heap_bytes']),
    nodes: asCount(raw['nodes']),
    longTasks: asCount(raw['long_tasks']) ?? 0,
    fps: asNumber(raw['fps']),
    skewMs: asNumber(raw['skew_ms']),
    width: asCount(raw['width']) ?? 0,
    height: asCount(raw['height']) ?? 0,
    scene: asText(raw['scene']),
    area: asText(raw['area']),
    density: asText(raw['density']),
    phase: phase === 'live' || phase === 'stale' ? phase : 'connecting',
    version: asCount(raw['version']) ?? 0,
  };
}

function parseSeen(raw: JsonObject | null): Seen | null {
  const at = asTime(raw?.['at']);
  const version = asCount(raw?.['version']);
  if (raw === null || at === null || version === null) return null;
  return { version, applied: raw['applied'] === true, reason: asText(raw['reason']).normalize('NFC'), at };
}

/** Keeps the settings of a screen, which need not be known yet. Throws Problem: 422 with fields. */
export async function saveScreen(id: string, settings: ScreenSettings): Promise<void> {
  await put(path(id), {
    title: settings.title,
    point: settings.point,
    area: settings.area,
    scene: settings.scene,
    density: settings.density,
    panel_mm: settings.panelMm,
    viewing_mm: settings.viewingMm,
  });
}

export async function deleteScreen(id: string): Promise<void> {
  await remove(path(id));
}

/** Makes the browser that shows a code the screen. Throws Problem: 422 with the field code, 429 after too many wrong ones. */
export async function pairScreen(id: string, code: string): Promise<void> {
  await put(`${path(id)}/pairing`, { code });
}

/** Takes from a screen's browser the right to be it: it goes dark. */
export async function revokeScreen(id: string): Promise<void> {
  await remove(`${path(id)}/pairing`);
}

/**
 * Orders screens to show something. Throws Problem 422 when a part is wrong or a screen cannot show it
 * legibly; with skipRefused those screens are left out and named in the answer.
 */
export async function sendOrder(
  screens: readonly string[] | 'all',
  show: ShowOrder,
  skipRefused = false,
): Promise<OrderAnswer> {
  const { message, ...rest } = show;
  const body: JsonObject = {
    screens,
    show: { ...rest, ...(message === undefined ? {} : { message: writeMessage(message) }) },
    ...(skipRefused ? { skip_refused: true } : {}),
  };
  return parseOrderAnswer(await post('/api/v1/screens/orders', body));
}

function writeMessage(message: NonNullable<ShowOrder['message']> | null): JsonObject | null {
  if (message === null) return null;
  return { text: message.text.normalize('NFC'), state: message.state, until: message.until?.toISOString() ?? null };
}

function parseOrderAnswer(raw: JsonObject): OrderAnswer {
  return {
    screens: asArray(raw['screens']).flatMap((item) => {
      const screen = asObject(item);
      const version = asCount(screen?.['version']);
      return version === null ? [] : [{ id: asText(screen?.['id']), version }];
    }),
    refused: asArray(raw['refused']).flatMap((item) => {
      const refused = asObject(item);
      return refused === null ? [] : [{ screen: asText(refused['screen']), reason: asText(refused['detail']) }];
    }),
  };
}

/** Lets screens follow a presenter: what it is ordered to show they show too. Replaces the followers it had. */
export async function startMeeting(presenter: string, followers: readonly string[]): Promise<OrderAnswer> {
  return parseOrderAnswer(await post('/api/v1/meetings', { presenter, screens: followers }));
}

export async function endMeeting(presenter: string): Promise<void> {
  await remove(`/api/v1/meetings/${encodeURIComponent(presenter)}`);
}

export interface SceneName {
  id: string;
  vi: string;
  en: string;
}

/** The scenes that can be sent. */
export async function fetchScenes(): Promise<SceneName[]> {
  return asArray((await get('/api/v1/scenes'))['scenes']).flatMap((item) => {
    const scene = asObject(item);
    const id = asText(scene?.['id']);
    const name = asObject(scene?.['name']);
    return id === '' ? [] : [{ id, vi: asText(name?.['vi'], id).normalize('NFC'), en: asText(name?.['en'], id) }];
  });
}

function path(id: string): string {
  return `/api/v1/screens/${encodeURIComponent(id)}`;
}
