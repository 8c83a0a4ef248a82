// The keys of the alarm list.
import type { AlarmAct } from '../../api/alarms';

export type AlarmCommand =
  { do: 'step'; by: number } | { do: 'act'; act: AlarmAct } | { do: 'open' | 'close' | 'search' | 'fresh' };

/** One letter an act. */
export const alarmKeys: Readonly<Partial<Record<AlarmAct, string>>> = {
  ack: 'a',
  silence: 's',
  shelve: 'h',
  comment: 'c',
};

const far = Number.MAX_SAFE_INTEGER;
const steps: Readonly<Record<string, number>> = {
  ArrowDown: 1,
  ArrowUp: -1,
  PageDown: 10,
  PageUp: -10,
  Home: -far,
  End: far,
};

/** What a key asks for; null for nothing. Without `single`, keys that write a character ask for nothing. */
export function alarmCommand(
  { key, ctrlKey, metaKey, altKey }: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>,
  single: boolean,
): AlarmCommand | null {
  if (ctrlKey || metaKey || altKey) return null;
  const by = steps[key];
  if (by !== undefined) return { do: 'step', by };
  if (key === 'Enter') return { do: 'open' };
  if (key === 'Escape') return { do: 'close' };
  if (!single) return null;
  const letter = key.toLowerCase();
  if (letter === 'j') return { do: 'step', by: 1 };
  if (letter === 'k') return { do: 'step', by: -1 };
  if (letter === 'o') return { do: 'open' };
  if (letter === 'r') return { do: 'fresh' };
  if (key === '/') return { do: 'search' };
  const act = (Object.keys(alarmKeys) as AlarmAct[]).find((name) => alarmKeys[name] === letter);
  return act === undefined ? null : { do: 'act', act };
}
