// The area a wall shows: its screen's own, or one that was sent to it. Pure.
import type { Screen } from '../api/screen';
import type { Places } from '../rules/places';

export interface ShownPlace {
  division: string;
  divisionLabel: string;
  area: string;
  areaName: string;
  /** What stands in the head where there is room. */
  title: string;
  /** The topic of everything in it. */
  topic: string;
  credit: string;
  schematic: boolean;
}

const audience = 'wall';

/** The place of the screen's own area. */
export function ownPlace(screen: Screen): ShownPlace {
  const { division, divisionLabel, area, areaName, title, credit, schematic, topics } = screen;
  const topic = topics.find((name) => name.startsWith(`${audience}/`)) ?? '';
  return { division, divisionLabel, area, areaName, title, topic, credit, schematic };
}

/** The place of another area; null when its division does not have it. */
export function sentPlace(
  area: string,
  division: { code: string; label: string },
  from: { places: Places; screen: Screen; credit: string },
): ShownPlace | null {
  const { places, screen, credit } = from;
  const path = places.path(area);
  if (path.length === 0) return null;
  const areaName = places.named(area);
  return {
    division: division.code,
    divisionLabel: division.label,
    area,
    areaName,
    title: areaName.charAt(0).toLocaleUpperCase('vi') + areaName.slice(1),
    topic: [audience, division.code, ...path].join('/'),
    credit,
    schematic: screen.schematic,
  };
}
