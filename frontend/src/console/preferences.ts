// How a person likes the console: language, theme and size of text, kept on this machine only.

export type Theme = 'light' | 'dark' | 'hc';
export type TextSize = 'small' | 'normal' | 'large';

const themes: readonly string[] = ['light', 'dark', 'hc'] satisfies Theme[];
const sizes: readonly string[] = ['small', 'normal', 'large'] satisfies TextSize[];

export type Language = 'vi' | 'en';

/** The language that was chosen on this machine; Vietnamese until one was. */
export function readLanguage(): Language {
  return read('language') === 'en' ? 'en' : 'vi';
}

/** Keeps the language; it holds from the next drawing of the page. */
export function keepLanguage(language: Language): void {
  write('language', language);
}

export function readTheme(): Theme {
  const kept = read('theme');
  if (themes.includes(kept)) return kept as Theme;
  return window.matchMedia('(prefers-contrast: more)').matches ? 'hc' : 'light';
}

export function readSize(): TextSize {
  const kept = read('size');
  return sizes.includes(kept) ? (kept as TextSize) : 'normal';
}

/** Whether keys that write a character do something in the queue. */
export function readSingleKeys(): boolean {
  return read('keys') !== 'off';
}

export function keepSingleKeys(on: boolean): void {
  write('keys', on ? 'on' : 'off');
}

export function applyTheme(theme: Theme): void {
  document.documentElement.dataset['theme'] = theme;
  write('theme', theme);
}

export function applySize(size: TextSize): void {
  document.documentElement.dataset['size'] = size;
  write('size', size);
}

// Storage may be forbidden; then the choice lasts as long as the page.
function read(key: string): string {
  try {
    return localStorage.getItem(`toancanh.${key}`) ?? '';
  } catch {
    return '';
  }
}

function write(key: string, value: string): void {
  try {
    localStorage.setItem(`toancanh.${key}`, value);
  } catch {
    return;
  }
}
