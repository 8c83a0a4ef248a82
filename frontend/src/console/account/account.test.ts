// @vitest-environment happy-dom
import { cleanup, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { get } from '../../api/request';
import { Places } from '../../rules/places';
import { pageOf } from '../pages';
import { topicsOf } from '../session.svelte';
import { Account, invitationOf } from './account.svelte';
import Door from './Door.svelte';
import { sightOf } from './sight';

const token = 'a'.repeat(43);
const person = { id: 'p1', login: 'an', name: 'Lê An', units: [], areas: ['dak-nong/67'] };
const rights = { 'report.list': 'area', 'ticket.get': 'all', 'listen.ops': 'area', 'session.own': 'own' };
const nobody = { stage: 'none', desk: false, person: null, roles: [], rights: {} };
const half = (stage: string): object => ({ ...nobody, stage, person });
const full = { stage: 'full', desk: false, person, roles: [{ id: 'truong_ca', label: 'Trưởng ca' }], rights };
const deskWho = { ...full, desk: true, person: null };

type Answer = [status: number, body: object, headers?: Record<string, string>];
let answers: Record<string, Answer[]> = {};
let calls: { what: string; body: unknown }[] = [];
let account: Account;

/** What the server answers to a request, in turn; the last answer stands. */
function serve(what: string, ...list: Answer[]): void {
  answers[what] = list;
}

const refusal = (reason: string): object => ({ title: 'x', detail: 'y', errors: [{ reason, detail: 'y' }] });

beforeEach(() => {
  answers = {};
  calls = [];
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    const what = `${init.method ?? 'GET'} ${path.replace('/api/v1', '')}`;
    calls.push({
      what,
      body: typeof init.body === 'string' ? JSON.parse(init.body) : null,
    });
    const left = answers[what] ?? [];
    const answer = left.length > 1 ? left.shift() : left[0];
    if (answer === undefined) return Promise.reject(new Error(`nobody answers ${what}`));
    const [status, body, more] = answer;
    return Promise.resolve(
      new Response(
        status === 204 ? null : JSON.stringify(body),
        more === undefined ? { status } : { status, headers: more },
      ),
    );
  });
  window.history.replaceState(null, '', '/console');
  account = new Account();
});

afterEach(() => {
  account.stop();
  cleanup();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

async function begin(): Promise<void> {
  account.start();
  await waitFor(() => {
    expect(account.door).not.toBe('asking');
  });
}

async function signIn(password = 'trâu ngựa ghế đèn'): Promise<void> {
  account.login = ' an ';
  account.password = password;
  await account.signIn();
}

describe('whoever comes to the console', () => {
  it('is offered the sign-in provider, and told why its road did not lead in', async () => {
    serve('GET /session', [200, { ...nobody, provider: { label: 'Tài khoản của tỉnh' } }]);
    window.history.replaceState(null, '', '/console#dang-nhap=provider');
    await begin();
    render(Door, { account });
    expect(screen.getByText('Tài khoản của tỉnh').getAttribute('href')).toBe('/api/v1/oidc');
    expect(screen.getByRole('alert').textContent).toContain('Xin đăng nhập bằng mật khẩu');
    expect(window.location.hash).toBe('');
    serve('POST /session', [200, full]);
    await signIn();
    serve('DELETE /session', [200, { leave: 'https://id.example.vn/end' }]);
    expect(await account.signOut()).toBe(true);
    await waitFor(() => {
      expect(screen.getByText('Đăng xuất cả ở hệ thống đăng nhập ngoài').getAttribute('href')).toBe(
        'https://id.example.vn/end',
      );
    });
  });

  it('of the sample on its own machine enters without a word', async () => {
    serve('GET /session', [200, deskWho]);
    await begin();
    expect([account.door, account.desk, calls.length]).toEqual(['in', true, 1]);
    expect(sightOf(account.who)).toEqual({ reports: true, live: true, scope: null });
  });

  it('signs in with login and password', async () => {
    serve('GET /session', [200, nobody]);
    serve('POST /session', [200, full]);
    await begin();
    expect(account.door).toBe('sign-in');
    await signIn();
    expect(calls[1]).toEqual({ what: 'POST /session', body: { login: 'an', password: 'trâu ngựa ghế đèn' } });
    expect([account.door, account.password, account.may('report.list'), account.may('audit.read')]).toEqual([
      'in',
      '',
      true,
      false,
    ]);
  });

  it('is told what was wrong, and how many seconds to wait', async () => {
    serve('GET /session', [200, nobody]);
    serve(
      'POST /session',
      [401, refusal('credentials')],
      [429, refusal('slowed'), { 'Retry-After': '7' }],
      [200, full],
    );
    await begin();
    await signIn('x');
    expect([account.door, account.fault]).toEqual(['sign-in', 'Tên đăng nhập hoặc mật khẩu không đúng.']);
    await signIn('x');
    expect(account.fault).toContain('7 giây');
    const before = calls.length;
    await signIn('x'); // within the pause nothing is sent
    expect(calls.length).toBe(before);
    account.waitUntil = Date.now() - 1;
    await signIn();
    expect(account.door).toBe('in');
  });

  it('shows the second factor, and begins again after too many wrong codes', async () => {
    serve('GET /session', [200, nobody]);
    serve('POST /session', [200, half('code')]);
    serve('POST /session/code', [401, refusal('code')], [401, refusal('session')], [200, full]);
    await begin();
    await signIn();
    expect(account.door).toBe('code');
    await account.enterCode('123 456');
    expect([account.door, calls.at(-1)?.body]).toEqual(['code', { code: '123456' }]);
    expect(account.fault).toContain('Mã không đúng');
    await account.enterCode('123456');
    expect(account.door).toBe('sign-in');
    await signIn();
    await account.enterCode('abcd-efgh-ijkl-mnop');
    expect(account.door).toBe('in');
  });

  it('waits while the server cannot be reached', async () => {
    vi.useFakeTimers();
    account.start();
    await vi.advanceTimersByTimeAsync(0);
    expect([account.door, account.unreachable]).toEqual(['asking', true]);
    serve('GET /session', [200, deskWho]);
    await vi.advanceTimersByTimeAsync(5000);
    expect(account.door).toBe('in');
  });
});

describe('a one-time link', () => {
  it('is taken out of the address at once and sets a password and a factor', async () => {
    window.history.replaceState(null, '', `/console#loi-moi=${token}`);
    serve('POST /invitations', [200, { login: 'quantri' }]);
    serve('POST /session', [200, half('enrol')]);
    serve('POST /session/factor', [200, { secret: 'ABCDEFGH', address: 'otpauth://totp/x' }]);
    serve('POST /session/code', [200, { ...full, recovery: ['aaaa-bbbb'] }]);
    account.start();
    expect([account.door, window.location.hash]).toEqual(['invited', '']);
    await account.takeInvitation('trâu ngựa ghế đèn');
    expect(calls[0]?.body).toEqual({ token, password: 'trâu ngựa ghế đèn' });
    expect([account.door, account.login]).toEqual(['sign-in', 'quantri']);
    await account.signIn();
    expect([account.door, account.factor?.secret]).toEqual(['enrol', 'ABCDEFGH']);
    await account.enterCode('123456');
    expect([account.door, account.recovery, account.factor]).toEqual(['recovery', ['aaaa-bbbb'], null]);
    account.proceed();
    expect([account.door, account.recovery]).toEqual(['in', []]);
  });

  it('that is used leads to the sign-in and says so', async () => {
    window.history.replaceState(null, '', `/console#loi-moi=${token}`);
    serve('POST /invitations', [404, { detail: 'x' }]);
    account.start();
    await account.takeInvitation('trâu ngựa ghế đèn');
    expect([account.door, account.notice]).toEqual([
      'sign-in',
      'Liên kết đã dùng hoặc đã quá hạn. Xin quản trị viên cấp liên kết mới.',
    ]);
  });

  it('is known by its form', () => {
    expect([invitationOf(`#loi-moi=${token}`), invitationOf('#loi-moi='), invitationOf('#phan-anh')]).toEqual([
      token,
      '',
      '',
    ]);
  });
});

describe('somebody whose session ended', () => {
  const away = async (): Promise<void> => {
    serve('GET /reports', [401, refusal('sign_in')]);
    await expect(get('/api/v1/reports')).rejects.toThrow();
  };

  beforeEach(async () => {
    serve('GET /session', [200, full], [200, nobody]);
    serve('POST /session', [200, full]);
    await begin();
    account.drafts.of('r1', 'accept').text = 'đang soạn';
    account.opened = 'r1';
  });

  const typed = (): string => account.drafts.of('r1', 'accept').text;

  it('signs in again and finds what was typed', async () => {
    await away();
    await waitFor(() => {
      expect(account.door).toBe('sign-in');
    });
    expect([account.login, account.who]).toEqual(['an', null]);
    await signIn();
    expect([account.door, typed(), account.opened]).toEqual(['in', 'đang soạn', 'r1']);
  });

  it('leaves nothing for another person', async () => {
    await away();
    await waitFor(() => {
      expect(account.door).toBe('sign-in');
    });
    serve('POST /session', [200, { ...full, person: { ...person, id: 'p2' } }]);
    await signIn();
    expect([typed(), account.opened]).toEqual(['', '']);
  });

  it('stays where one refusal does not mean that', async () => {
    serve('GET /session', [200, full]);
    await away();
    await waitFor(() => {
      expect(calls.filter(({ what }) => what === 'GET /session')).toHaveLength(2);
    });
    expect([account.door, typed()]).toEqual(['in', 'đang soạn']);
  });

  it('by signing out leaves nothing behind', async () => {
    serve('DELETE /session', [204, {}]);
    expect(await account.signOut()).toBe(true);
    await signIn();
    expect(typed()).toBe('');
  });

  it('is not signed out while the server was not reached', async () => {
    expect([await account.signOut(), account.door]).toEqual([false, 'in']);
  });
});

describe('the card before the console', () => {
  it('names its fields for password managers and begins at the first', async () => {
    serve('GET /session', [200, nobody]);
    await begin();
    const { container } = render(Door, { account });
    const names = [...container.querySelectorAll('input')].map((input) => input.autocomplete);
    expect(names).toEqual(['username', 'current-password']);
    expect(document.activeElement?.id).toBe('login');
  });

  it('refuses a short password and two that differ before sending', () => {
    account.invite(`#loi-moi=${token}`);
    render(Door, { account });
    const type = (id: string, text: string): void => {
      const input = document.getElementById(id) as HTMLInputElement;
      input.value = text;
      input.dispatchEvent(new Event('input', { bubbles: true }));
    };
    const send = (): void => {
      document.querySelector('form')?.dispatchEvent(new Event('submit', { bubbles: true, cancelable: true }));
    };
    type('password', 'ngắn');
    send();
    expect(account.fault).toContain('12');
    type('password', 'trâu ngựa ghế đèn');
    type('password-again', 'trâu ngựa ghế đen');
    send();
    expect([account.fault, calls]).toEqual(['Hai lần nhập không giống nhau.', []]);
  });

  it('shows recovery codes until they are put away', async () => {
    account.who = null;
    account.recovery = ['aaaa-bbbb-cccc-dddd'];
    account.door = 'recovery';
    render(Door, { account });
    const button = document.querySelector<HTMLButtonElement>('button.main');
    expect([screen.getByText('aaaa-bbbb-cccc-dddd').tagName, button?.disabled]).toEqual(['LI', true]);
    document.querySelector<HTMLInputElement>('input[type=checkbox]')?.click();
    await waitFor(() => {
      expect(button?.disabled).toBe(false);
    });
  });
});

describe('what somebody sees', () => {
  const division = { code: 'dak-nong', label: 'Đắk Nông', root: '67', origin: null };
  const places = new Places([
    { code: '67', parent: '', level: 'province', kind: 'tỉnh', name: 'Đắk Nông' },
    { code: '660', parent: '67', level: 'district', kind: 'thành phố', name: 'Gia Nghĩa' },
    { code: '24611', parent: '660', level: 'commune', kind: 'phường', name: 'Nghĩa Đức' },
  ]);

  it.each([
    ['the province', ['dak-nong/67', 'dak-nong/660'], [], ['ops/dak-nong/67']],
    ['a commune and a unit', ['dak-nong/24611'], ['so-xd'], ['ops/dak-nong/67/660/24611', 'unit/so-xd']],
    ['nothing of another division', ['khac/1'], [], []],
  ])('on the live stream: %s', (_, areas, units, want) => {
    expect(topicsOf({ areas, units }, division, places)).toEqual(want);
  });

  it('of the pages: those there are', () => {
    expect([pageOf('#man-hinh', ['reports']), pageOf('#man-hinh', ['screens', 'account']), pageOf('', [])]).toEqual([
      'reports',
      'screens',
      'account',
    ]);
  });
});
