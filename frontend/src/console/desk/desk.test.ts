// @vitest-environment happy-dom
import { cleanup, fireEvent, render, screen, waitFor } from '@testing-library/svelte';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { m } from '../../i18n/messages/messages.js';
import { Account } from '../account/account.svelte';
import { sightOf } from '../account/sight';
import DeskBar from './DeskBar.svelte';
import type { PairedDesk } from './desk.svelte';
import TakeForm from './TakeForm.svelte';

const an = { id: 'p1', login: 'an', name: 'Lê An', units: [], areas: ['vn/67'], pin: true };
const binh = { ...an, id: 'p2', login: 'binh', name: 'Trần Bình' };
const deskRights = { 'report.list': 'area', 'ticket.get': 'all', 'listen.ops': 'area' };
const duty = (standing: string): object => ({
  desk: 'd1',
  label: 'Bàn 1',
  areas: ['vn/67/660'],
  standing,
  idle_s: 600,
  rights: deskRights,
});
const who = (standing: string, person: object | null): object => ({
  stage: standing === 'vacant' ? 'none' : 'full',
  desk: false,
  duty: duty(standing),
  person,
  roles: [],
  rights: standing === 'manned' ? { 'act.accept': 'area', 'session.own': 'own' } : {},
});

type Answer = [status: number, body: object];
let answers: Record<string, Answer[]> = {};
let calls: string[] = [];
let account: Account;

const refusal = (reason: string): object => ({ title: 'x', errors: [{ reason, detail: 'y' }] });

function serve(what: string, ...list: Answer[]): void {
  answers[what] = list;
}

beforeEach(() => {
  answers = {};
  calls = [];
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    const what = `${init.method ?? 'GET'} ${path.replace('/api/v1', '')}`;
    calls.push(what);
    const left = answers[what] ?? [];
    const answer = left.length > 1 ? left.shift() : left[0];
    if (answer === undefined) return Promise.reject(new Error(`nobody answers ${what}`));
    return Promise.resolve(new Response(answer[0] === 204 ? null : JSON.stringify(answer[1]), { status: answer[0] }));
  });
  account = new Account();
});

afterEach(() => {
  account.stop();
  cleanup();
  vi.unstubAllGlobals();
});

async function sit(standing: string, person: object | null): Promise<PairedDesk> {
  serve('GET /session', [200, who(standing, person)]);
  account.start();
  await waitFor(() => {
    expect(account.door).toBe('in');
  });
  const desk = account.paired;
  if (desk === null) throw new Error('no desk');
  return desk;
}

const press = (key: string): Promise<boolean> => fireEvent.keyDown(window, { key });

describe('a paired desk', () => {
  it('shows its list while nobody is on duty', async () => {
    const desk = await sit('vacant', null);
    expect([account.may('report.list'), account.may('act.accept')]).toEqual([true, false]);
    expect(sightOf(account.who)).toEqual({ reports: true, live: true, scope: { areas: ['vn/67/660'], units: [] } });
    render(DeskBar, { account, desk });
    expect(screen.getByText('Chưa có người trực')).toBeTruthy();
  });

  it('locks by its key, and keeps what was typed for the one who comes back', async () => {
    const desk = await sit('manned', an);
    const { drafts } = account;
    account.opened = 'r1';
    serve('POST /desk/lock', [200, who('locked', an)]);
    serve('GET /session', [200, who('locked', an)]);
    await press('F8');
    await waitFor(() => {
      expect([desk.hold.standing, desk.hold.owed]).toEqual(['locked', false]);
    });
    expect([account.door, account.may('act.accept'), account.may('report.list')]).toEqual(['in', false, true]);
    await press('F8');
    render(TakeForm, { account, desk });
    serve('POST /desk/unlock', [401, refusal('credentials')], [200, who('manned', an)]);
    const send = async (): Promise<void> => {
      await fireEvent.input(screen.getByLabelText('Mã PIN hoặc mật khẩu'), { target: { value: '582914' } });
      await fireEvent.click(screen.getByRole('button', { name: 'Mở khóa' }));
    };
    await send();
    await waitFor(() => {
      expect(screen.getByRole('alert').textContent).not.toBe('');
    });
    expect(desk.hold.standing).toBe('locked');
    await send();
    await waitFor(() => {
      expect([desk.hold.standing, desk.hold.asking]).toEqual(['manned', 'none']);
    });
    expect([account.drafts === drafts, account.opened]).toEqual([true, 'r1']);
  });

  it('changes its person in one form, asks for a code where one is needed, and closes nothing', async () => {
    const desk = await sit('manned', an);
    const { drafts } = account;
    account.opened = 'r1';
    await press('F2');
    render(TakeForm, { account, desk });
    serve('POST /desk/person', [401, refusal('code_needed')], [200, who('manned', binh)]);
    await fireEvent.input(screen.getByLabelText('Tên đăng nhập'), { target: { value: 'binh' } });
    await fireEvent.input(screen.getByLabelText('Mã PIN hoặc mật khẩu'), { target: { value: '739201' } });
    await fireEvent.click(screen.getByRole('button', { name: 'Vào trực' }));
    await fireEvent.input(await screen.findByLabelText(m.code_label()), { target: { value: '123456' } });
    await fireEvent.click(screen.getByRole('button', { name: 'Vào trực' }));
    await waitFor(() => {
      expect(account.who?.person?.login).toBe('binh');
    });
    expect([account.door, desk === account.paired, account.opened, account.drafts === drafts]).toEqual([
      'in',
      true,
      'r1',
      false,
    ]);
  });

  it('asks who is there when an act is refused, and stays a desk after signing out', async () => {
    const desk = await sit('manned', an);
    serve('GET /session', [200, who('locked', an)]);
    serve('POST /x', [401, refusal('desk_locked')]);
    const { post } = await import('../../api/request');
    await expect(post('/api/v1/x', {})).rejects.toThrow();
    await waitFor(() => {
      expect([desk.hold.standing, desk.hold.asking]).toEqual(['locked', 'unlock']);
    });
    serve('DELETE /session', [204, {}]);
    serve('GET /session', [200, who('vacant', null)]);
    expect(await account.signOut()).toBe(true);
    expect([account.door, desk.hold.standing, account.paired === desk]).toEqual(['in', 'vacant', true]);
  });

  it('that was ended shows the way in', async () => {
    await sit('manned', an);
    serve('GET /session', [200, { ...who('vacant', null), duty: null }]);
    await account.look();
    expect([account.door, account.paired]).toEqual(['sign-in', null]);
  });
});
