// @vitest-environment happy-dom
import { cleanup, render, screen } from '@testing-library/svelte';
import { afterEach, expect, it, vi } from 'vitest';
import OnceNote from './OnceNote.svelte';

afterEach(() => {
  cleanup();
  vi.unstubAllGlobals();
});

function shown(writeText: (text: string) => Promise<void>): HTMLInputElement {
  vi.stubGlobal('navigator', { clipboard: { writeText } });
  render(OnceNote, { id: 'note', label: 'Chỉ hiện lần này', value: 'tck_bimat' });
  return screen.getByLabelText('Chỉ hiện lần này');
}

const chosen = ({ value, selectionStart, selectionEnd }: HTMLInputElement): string =>
  value.slice(selectionStart ?? 0, selectionEnd ?? 0);

it('stands under the hand, chosen as a whole', () => {
  const field = shown(() => Promise.resolve());
  expect(document.activeElement).toBe(field);
  expect(chosen(field)).toBe('tck_bimat');
});

it('copies and says so', async () => {
  const writeText = vi.fn(() => Promise.resolve());
  shown(writeText);
  screen.getByRole('button', { name: 'Chép' }).click();
  await screen.findByText('Đã chép.');
  expect(writeText).toHaveBeenCalledWith('tck_bimat');
});

it('leaves what is chosen to the keyboard where there is no clipboard', async () => {
  const field = shown(() => Promise.reject(new Error('refused')));
  field.setSelectionRange(0, 0);
  screen.getByRole('button', { name: 'Chép' }).click();
  await screen.findByText(/Ctrl\+C/);
  expect(chosen(field)).toBe('tck_bimat');
});
