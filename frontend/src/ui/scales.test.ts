import { describe, expect, it } from 'vitest';
import en from '../../messages/en.json';
import vi from '../../messages/vi.json';
import table from '../../../schema/states.json';
import { shapes } from './shapes';
import { stateOf } from '../rules/priority';
import { alarmMarks, alarmStates, floodStates, reportStates, riskStates } from '../rules/scales';
import { rank, type Shown } from '../rules/state';

type Words = Record<string, { vi: string; en: string }>;

const scales = {
  alarm_priority: alarmStates,
  priority: reportStates,
  flood_level: floodStates,
  risk_level: riskStates,
};

describe('the table of states', () => {
  it('has a shape of its own for every state that is drawn', () => {
    expect(Object.keys(table.shape).sort()).toEqual(Object.keys(shapes).sort());
    expect(new Set(Object.values(table.shape)).size).toBe(Object.keys(shapes).length);
    expect(new Set(Object.values(shapes)).size).toBe(Object.keys(shapes).length);
  });

  it.each(Object.entries(scales))('gives every step of %s a state and a word', (name, scale) => {
    const words = table.words[name as keyof typeof table.words] as Words;
    expect(Object.keys(words)).toEqual(Object.keys(scale));
    for (const state of Object.values(scale)) expect(Object.keys(shapes)).toContain(state);
  });

  it('never says one word for two states', () => {
    const said = new Map<string, string>(Object.entries(table.words.state).map(([state, { vi }]) => [vi, state]));
    for (const [name, scale] of Object.entries(scales)) {
      const words = table.words[name as keyof typeof table.words] as Words;
      for (const [step, state] of Object.entries(scale)) {
        const word = words[step]?.vi ?? '';
        expect([word, said.get(word) ?? state]).toEqual([word, state]);
        said.set(word, state);
      }
    }
  });

  it('grows louder with the level', () => {
    for (const scale of [floodStates, riskStates]) {
      const ranks = Object.values(scale).map((state: Shown) => rank(state));
      expect(ranks).toEqual([...ranks].sort((a, b) => a - b));
    }
    expect(rank(alarmStates.high)).toBeGreaterThan(rank(alarmStates.medium));
    expect(rank(alarmStates.medium)).toBeGreaterThan(rank(alarmStates.low));
    expect(new Set(Object.values(alarmMarks)).size).toBe(Object.keys(alarmMarks).length);
  });

  it('is what reports are drawn by', () => {
    for (const [priority, state] of Object.entries(reportStates)) {
      expect(stateOf({ emergency: false, priority: priority as keyof typeof reportStates })).toBe(state);
    }
  });

  it.each(['state', 'priority', 'alarm_priority', 'alarm_state', 'alarm_aside'] as const)(
    'says of %s what the catalogue says',
    (name) => {
      for (const [step, words] of Object.entries(table.words[name] as Words)) {
        const key = `${name}_${step}` as keyof typeof vi;
        expect([key, vi[key], en[key]]).toEqual([key, words.vi, words.en]);
      }
    },
  );
});
