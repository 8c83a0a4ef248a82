// Whose screen a browser is.
import { asText, type JsonObject } from '../wire/json';
import { post, Problem } from './request';

/**
 * How a browser stands: it is the screen ("paired"), it may show it because nobody is asked here ("desk") or because
 * somebody looks at it under their own name ("person"), it shows a code ("waiting"), or it cannot be paired over an open
 * network ("plain").
 */
export interface Standing {
  state: 'paired' | 'desk' | 'person' | 'waiting' | 'plain';
  /** The screen it is, which may be another than the one it asked for. */
  screen: string;
  code: string;
  /** Why an earlier pairing ended: revoked, replaced or deleted; empty when there was none. */
  lost: string;
  build: string;
}

/** Asks how this browser stands as a screen. Throws Problem or Unreachable. */
export async function fetchStanding(screen: string): Promise<Standing> {
  try {
    return parseStanding(await post('/api/v1/screens/pairing', { screen }), screen);
  } catch (err) {
    if (err instanceof Problem && err.fields.some(({ reason }) => reason === 'https'))
      return { state: 'plain', screen, code: '', lost: '', build: '' };
    // A server older than this page pairs nothing.
    if (err instanceof Problem && [404, 405].includes(err.status)) return parseStanding({}, screen);
    throw err;
  }
}

function parseStanding(raw: JsonObject, screen: string): Standing {
  const state = asText(raw['state']);
  const known = state === 'paired' || state === 'person' || state === 'waiting';
  return {
    state: known ? state : 'desk',
    screen: asText(raw['screen'], screen),
    code: asText(raw['code']),
    lost: asText(raw['lost']),
    build: asText(raw['build']),
  };
}
