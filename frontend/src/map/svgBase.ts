import { senderHeaders } from '../api/request';
import type { Spot } from './picture';

/** The map that the server draws: paths in its own units, and where a place lies in them. */
export interface SvgBase {
  left: number;
  top: number;
  width: number;
  height: number;
  /** The areas and borders; the server's marks, names and key are left behind. */
  shapes: SVGElement[];
  project: (lon: number, lat: number) => Spot;
}

const fetchMs = 5000;

/** Fetches it; null when there is none, and then the page draws its own. */
export async function fetchSvgBase(division: string, area: string): Promise<SvgBase | null> {
  try {
    const query = area === '' ? '' : `?area=${encodeURIComponent(area)}`;
    const answer = await fetch(`/api/v1/areas/${encodeURIComponent(division)}/map.svg${query}`, {
      headers: senderHeaders(),
      signal: AbortSignal.timeout(fetchMs),
    });
    return answer.ok ? readSvgBase(await answer.text()) : null;
  } catch {
    return null;
  }
}

/**
 * Reads the server's drawing: `data-frame` holds west, north and the pixels a degree of longitude and latitude takes,
 * `data-box` the part that is map and not key.
 */
export function readSvgBase(text: string): SvgBase | null {
  const root = new DOMParser().parseFromString(text, 'image/svg+xml').documentElement;
  const [west = NaN, north = NaN, perLon = NaN, perLat = NaN] = numbers(root.getAttribute('data-frame'));
  const [left = NaN, top = NaN, width = NaN, height = NaN] = numbers(root.getAttribute('data-box'));
  const drawn = root.querySelector('#base');
  if (drawn === null || !Number.isFinite(west + north + perLon + perLat + left + top + width * height)) return null;
  return {
    left,
    top,
    width,
    height,
    shapes: [...drawn.querySelectorAll('path')].map((path) => document.importNode(path, true)),
    project: (lon, lat) => ({ x: (lon - west) * perLon, y: (north - lat) * perLat }),
  };
}

function numbers(text: string | null): number[] {
  return (text ?? '').split(/[\s,]+/).map(Number);
}
