// The rights of keys, in the order people choose from.
import { m } from '../../i18n/messages/messages.js';

export const keyRights = ['readings', 'sensors', 'provision', 'reports', 'screens', 'history'] as const;

const words: Record<string, () => string> = {
  readings: m.keys_right_readings,
  sensors: m.keys_right_sensors,
  provision: m.keys_right_provision,
  reports: m.keys_right_reports,
  screens: m.keys_right_screens,
  history: m.keys_right_history,
};

export function rightWord(right: string): string {
  return words[right]?.() ?? right;
}

/** The entries of a list as it is typed, with commas, spaces or lines between them. */
export function entriesOf(text: string): string[] {
  return [...new Set(text.split(/[\s,;]+/).filter((entry) => entry !== ''))];
}
