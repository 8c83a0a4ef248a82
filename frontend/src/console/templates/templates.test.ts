// @vitest-environment happy-dom
import { cleanup, render, screen, waitFor } from '@testing-library/svelte';
import { tick } from 'svelte';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Places } from '../../rules/places';
import { Account } from '../account/account.svelte';
import { fieldsOf } from '../actFields';
import type { Desk } from '../session.svelte';
import { templateActs } from './acts';
import TemplatesPage from './TemplatesPage.svelte';

const desk: Desk = {
  division: { code: 'vn-2022', label: '', root: '67', origin: 'real' },
  topic: '',
  places: new Places([{ code: '67', parent: '', level: 'province', kind: 'tỉnh', name: 'Đắk Nông' }]),
  categories: [{ code: 'MT', name: 'Vệ sinh môi trường' }],
  units: [],
};
const template = (id: string, mayChange: boolean): object => ({
  id,
  version: 4,
  name: `Mẫu ${id}`,
  act: 'resolve',
  category: 'MT',
  text: 'Đã xong {ma}',
  division: 'vn-2022',
  area: '67',
  may_change: mayChange,
});

let calls: { what: string; body: unknown }[] = [];

beforeEach(() => {
  calls = [];
  vi.stubGlobal('fetch', (path: string, init: RequestInit) => {
    const what = `${init.method ?? 'GET'} ${path.replace('/api/v1/templates', '')}`;
    calls.push({ what, body: typeof init.body === 'string' ? JSON.parse(init.body) : null });
    if (what.startsWith('DELETE')) return Promise.resolve(new Response(null, { status: 204 }));
    return Promise.resolve(new Response(JSON.stringify({ templates: [template('a', true), template('b', false)] })));
  });
});

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

async function press(name: string): Promise<void> {
  await waitFor(() => {
    expect(screen.getByRole<HTMLButtonElement>('button', { name }).disabled).toBe(false);
  });
  screen.getByRole('button', { name }).click();
  await tick();
}
const made = (what: string): unknown => calls.find((each) => each.what === what)?.body;

it('changes the version that was seen, and drops after asking, what one may change', async () => {
  render(TemplatesPage, { account: new Account(), desk });
  await screen.findByText('Mẫu b');
  expect(document.body.textContent).toContain('Vệ sinh môi trường · tỉnh Đắk Nông');
  await press('Sửa'); // there is one such button: the other template is another's
  await press('{han} hạn');
  await press('Lưu');
  await waitFor(() => {
    expect(made('PUT /a')).toEqual({
      name: 'Mẫu a',
      act: 'resolve',
      category: 'MT',
      text: 'Đã xong {ma}{han}',
      division: 'vn-2022',
      area: '67',
      version: 4,
    });
  });
  await press('Bỏ');
  expect(made('DELETE /a')).toBeUndefined();
  await press('Bỏ');
  await waitFor(() => {
    expect(made('DELETE /a')).toBeNull();
  });
});

it.each(templateActs)('%s takes a text', (act) => {
  expect(fieldsOf(act).some(({ input }) => input === 'lines')).toBe(true);
});
