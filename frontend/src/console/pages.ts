// The pages of the console, told apart by the address's fragment: a reload and the back button keep the page.

export type PageName = 'reports' | 'screens';

export const fragments: Record<PageName, string> = { reports: '#phan-anh', screens: '#man-hinh' };

/** The page that a fragment names; the reports for any other. */
export function pageOf(hash: string): PageName {
  return hash === fragments.screens ? 'screens' : 'reports';
}
