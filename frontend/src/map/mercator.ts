import type { Bounds } from './geometry';
import type { Spot } from './picture';

const radians = Math.PI / 180;

/** Web Mercator's y for a latitude, in units where the world is 360 wide; it grows northwards. */
export function northing(lat: number): number {
  return Math.log(Math.tan(Math.PI / 4 + (lat * radians) / 2)) / radians;
}

/** A projection that fits a box into a frame and keeps its proportions. */
export function fit(box: Bounds, width: number, height: number, padding: number): (lon: number, lat: number) => Spot {
  const west = box.west;
  const top = northing(box.north);
  const spanX = Math.max(1e-9, box.east - box.west);
  const spanY = Math.max(1e-9, top - northing(box.south));
  const scale = Math.max(0, Math.min((width - 2 * padding) / spanX, (height - 2 * padding) / spanY));
  const left = (width - spanX * scale) / 2;
  const above = (height - spanY * scale) / 2;
  return (lon, lat) => ({ x: left + (lon - west) * scale, y: above + (top - northing(lat)) * scale });
}
