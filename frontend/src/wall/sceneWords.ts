// Scenes and their parts in words of the page's language.
import type { Formats } from '../i18n/format';
import { m } from '../i18n/messages/messages.js';
import { getLocale } from '../i18n/messages/runtime.js';
import type { Named, PartType, Scene } from '../rules/scene';
import { capMm, type Refused } from './choice';

export const named = (name: Named): string => name[getLocale()];

/** "Tỉnh Đắk Nông": a name as it begins a line. */
export const capitalised = (text: string): string => text.charAt(0).toLocaleUpperCase(getLocale()) + text.slice(1);

export const sceneName = (scene: Scene): string => named(scene.name);

const parts: Readonly<Record<PartType, () => string>> = {
  header: m.part_header,
  map: m.part_map,
  tiles: m.part_tiles,
  ticker: m.part_ticker,
  hours: m.part_hours,
  areas: m.part_areas,
  rivers: m.part_rivers,
  rain: m.part_rain,
  reports: m.part_reports,
  changed: m.part_changed,
  alarms: m.part_alarms,
};

export const partWord = (type: PartType): string => parts[type]();

/** Why a scene is not shown, with what would be needed, in the height of capital letters. */
export function refusalText({ small, panel }: Refused, formats: Formats): string {
  return m.refused_text({
    part: partWord(small.type),
    got: formats.tenths(capMm(small.px, panel)),
    need: formats.tenths(capMm(small.needPx, panel)),
    distance: formats.tenths(panel.viewingMm / 1000),
  });
}
