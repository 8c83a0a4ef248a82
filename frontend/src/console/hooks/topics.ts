// What hooks may tell of: an area as everybody sees it, or a unit as its own staff do.
import { m } from '../../i18n/messages/messages.js';
import { areaChoices, areaWord } from '../areas';
import type { Desk } from '../session.svelte';

export interface TopicChoice {
  topic: string;
  word: string;
}

export function publicTopics(desk: Desk | null): TopicChoice[] {
  if (desk === null) return [];
  const { division, places } = desk;
  return areaChoices(desk).map(({ code, word }) => ({
    topic: ['public', division.code, ...places.path(code)].join('/'),
    word,
  }));
}

export function unitTopics(desk: Desk | null): TopicChoice[] {
  return (desk?.units ?? []).map(({ code, name }) => ({ topic: `unit/${code}`, word: name }));
}

/** A topic in words; one that this build does not know stands as it came. */
export function topicWord(desk: Desk | null, topic: string): string {
  const [kind, ...path] = topic.split('/');
  const last = path.at(-1) ?? '';
  if (kind === 'public') return m.hooks_public({ area: areaWord(desk, `${path[0] ?? ''}/${last}`) });
  if (kind !== 'unit') return topic;
  return m.hooks_unit({ unit: desk?.units.find(({ code }) => code === last)?.name ?? last });
}
