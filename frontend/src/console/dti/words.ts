// Numbers and documents of the index in words.
import type { DTIEntry, DTIIndex, DTISum, Evidence } from '../../api/dti';
import { m } from '../../i18n/messages/messages.js';
import { getLocale } from '../../i18n/messages/runtime.js';

/** 0,8575 or 8,5: with the digits it has, four at most. */
export function numberWord(value: number): string {
  const tag = getLocale() === 'en' ? 'en-GB' : 'vi-VN';
  return new Intl.NumberFormat(tag, { maximumFractionDigits: 4 }).format(value);
}

/** A number as people type it: 0,8575 or 0.8575. NaN for anything else. */
export function numberOf(text: string): number {
  const plain = text.trim().replace(',', '.');
  return /^\d+(\.\d+)?$/.test(plain) ? Number(plain) : NaN;
}

export const isIndex = (code: string): boolean => !code.includes('.');

/** The value of an entry: that of a component with its points. */
export function valueWord({ code, value, most }: DTIEntry): string {
  if (value === null) return m.dti_withdrawn();
  return isIndex(code) ? numberWord(value) : m.dti_points({ value: numberWord(value), most: numberWord(most ?? 0) });
}

export function evidenceWord({ title, issuer, number, dated }: Evidence): string {
  return [title, issuer, number, dayWord(dated)].filter((text) => text !== '').join(', ');
}

const dayWord = (day: string): string => day.split('-').reverse().join('/');

export const indexName = ({ name, nameEn }: DTIIndex): string => (getLocale() === 'en' ? nameEn : name);

/** Where the value of a main index comes from, and what is wrong with it. */
export function sumWord(sum: DTISum, { weight, components }: DTIIndex): string {
  if (sum.apart) return m.dti_apart();
  if (sum.from === 'components') return m.dti_summed();
  if (sum.from === '' && weight > 0 && sum.entered === components)
    return m.dti_misfit({ most: numberWord(sum.most), weight: numberWord(weight) });
  return '';
}
