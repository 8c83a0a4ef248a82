// The pages of the console, told apart by the address's fragment: a reload and the back button keep the page.

export type PageName =
  | 'reports'
  | 'alarms'
  | 'incidents'
  | 'tasks'
  | 'entry'
  | 'templates'
  | 'assignment'
  | 'teams'
  | 'dti'
  | 'duty'
  | 'handover'
  | 'drills'
  | 'sensors'
  | 'warnings'
  | 'screens'
  | 'people'
  | 'units'
  | 'desks'
  | 'keys'
  | 'hooks'
  | 'gateways'
  | 'rights'
  | 'reveals'
  | 'audit'
  | 'account';

export const fragments: Record<PageName, string> = {
  reports: '#phan-anh',
  alarms: '#canh-bao',
  incidents: '#su-co',
  tasks: '#nhiem-vu',
  entry: '#ghi-phan-anh',
  templates: '#mau-tra-loi',
  assignment: '#phan-cong',
  teams: '#to-cong-nghe-so',
  dti: '#chuyen-doi-so',
  duty: '#truc',
  handover: '#ban-giao-ca',
  drills: '#dien-tap',
  sensors: '#cam-bien',
  warnings: '#canh-bao-dan',
  screens: '#man-hinh',
  people: '#nguoi-dung',
  units: '#don-vi',
  desks: '#ban-truc',
  rights: '#quyen',
  keys: '#khoa',
  hooks: '#bao-tin',
  gateways: '#cong-ket-noi',
  reveals: '#xem-lien-he',
  audit: '#nhat-ky',
  account: '#tai-khoan',
};

/** The groups of pages, in their order. */
export const groups = ['room', 'work', 'devices', 'house', 'self'] as const;
export type Group = (typeof groups)[number];

const inGroup: Record<PageName, Group> = {
  reports: 'room',
  alarms: 'room',
  incidents: 'room',
  tasks: 'room',
  warnings: 'room',
  duty: 'room',
  handover: 'room',
  drills: 'room',
  entry: 'work',
  templates: 'work',
  assignment: 'work',
  teams: 'work',
  dti: 'work',
  sensors: 'devices',
  gateways: 'devices',
  screens: 'devices',
  desks: 'devices',
  people: 'house',
  units: 'house',
  keys: 'house',
  hooks: 'house',
  rights: 'house',
  reveals: 'house',
  audit: 'house',
  account: 'self',
};

export const groupOf = (page: PageName): Group => inGroup[page];

/** Where one begins: at the reports, an administrator at the people. */
const homes: readonly PageName[] = ['reports', 'people'];

/**
 * The page that a fragment names, or where one begins for any other and for one that is not there. What a page adds
 * to its name stands after a slash or a question mark.
 */
export function pageOf(hash: string, there: readonly PageName[] = ['reports', 'screens']): PageName {
  const [name = ''] = hash.split(/[/?]/);
  const home = homes.find((page) => there.includes(page));
  return there.find((page) => fragments[page] === name) ?? home ?? there[0] ?? 'account';
}
