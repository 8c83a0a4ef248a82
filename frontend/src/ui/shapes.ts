// The shape of each state in a box of 24 × 24, for SVG and for the map's icons alike. Nobody has to tell
// colours apart: octagon, triangle, circle and dot differ without them.
import type { Shown } from '../rules/state';

const circle = (r: number): string =>
  `M${String(12 - r)} 12a${String(r)} ${String(r)} 0 1 0 ${String(2 * r)} 0a${String(r)} ${String(r)} 0 1 0 ${String(-2 * r)} 0z`;

export const shapes: Record<Shown, string> = {
  normal: circle(5),
  attention: circle(9),
  warning: 'M12 1.6L23 21.4H1z',
  critical: 'M7.8 2h8.4L22 7.8v8.4L16.2 22H7.8L2 16.2V7.8z',
  unknown: 'M4 4h16v16H4z',
};

/** The frame around a sensor's state, so that a place that measures is never taken for a report. */
export const sensorFrame = 'M2 2h20v20H2z';
