import type { Team } from '../../api/teams';
import type { OpsReport } from '../../wire/report';

/** The teams that can be asked to look at a report's site, those of its own commune first. */
export function teamsFor(teams: readonly Team[], { area }: Pick<OpsReport, 'area'>): Team[] {
  return teams
    .filter(({ disabled, members }) => !disabled && members.length > 0)
    .sort((a, b) => Number(b.area === area) - Number(a.area === area) || a.name.localeCompare(b.name, 'vi'));
}
