import { isLocale, overwriteGetLocale } from './messages/runtime.js';

/** Chooses the page's language: `?lang=`, else Vietnamese. Call before anything is drawn. */
export function chooseLocale(search: string): void {
  const wanted = new URLSearchParams(search).get('lang');
  const locale = isLocale(wanted) ? wanted : 'vi';
  overwriteGetLocale(() => locale);
  document.documentElement.lang = locale;
}
