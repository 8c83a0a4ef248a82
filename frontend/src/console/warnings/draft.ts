// A draft as its form begins: from the template of a hazard, with what was written before kept where it is not the template's.
import type { Draft, WarningBook, WarningTemplate } from '../../api/warnings';

const hourMs = 3_600_000;
const minuteMs = 60_000;

/** A new draft of a hazard at a time. Where the data are not real it is an exercise. */
export function draftOf(template: WarningTemplate, { origin }: WarningBook, now: number): Draft {
  return {
    template: template.code,
    status: origin === 'real' ? 'Actual' : 'Exercise',
    category: template.category,
    urgency: template.urgency,
    severity: template.severity,
    certainty: template.certainty,
    responseTypes: [...template.responseTypes],
    riskLevel: template.riskLevel,
    onset: null,
    expires: Math.ceil(now / minuteMs) * minuteMs + template.hours * hourMs,
    areas: [],
    values: {},
    vi: { ...template.vi },
    en: { ...template.en },
    note: '',
  };
}

/** The same of another hazard: areas, kind and time stay. */
export function draftAs(template: WarningTemplate, was: Draft, book: WarningBook, now: number): Draft {
  const next = draftOf(template, book, now);
  return { ...next, status: was.status, areas: was.areas, onset: was.onset, note: was.note };
}
