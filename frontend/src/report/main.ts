import './report.css';
import { mount } from 'svelte';
import { chooseLocale } from '../i18n/locale';
import { Form } from './form.svelte';
import { readPage } from './page';
import { Queue } from './queue.svelte';
import Report from './Report.svelte';
import { openShelf } from './shelf';

/** Puts the form with its outbox in the place of the plain one, which stays where a browser keeps nothing. */
async function begin(plain: HTMLElement): Promise<void> {
  const page = readPage(plain);
  if (page === null) return;
  chooseLocale(page.english ? '?lang=en' : '?lang=vi');
  const queue = new Queue(await openShelf());
  const form = new Form(page.typed);
  await queue.outbox.sweep(form.id);
  await queue.start();
  const target = document.createElement('div');
  plain.replaceWith(target);
  mount(Report, { target, props: { page, queue, form } });
  keepHelpInSight();
  await keepPage();
}

/** The numbers to call in danger stay in sight while the form is scrolled, each with its word a thumb wide. */
function keepHelpInSight(): void {
  const help = document.querySelector('.help');
  const main = document.querySelector('main');
  if (help === null || main === null) return;
  const band = document.createElement('aside');
  band.className = 'help-band';
  band.setAttribute('aria-label', help.firstChild?.textContent?.trim() ?? '');
  for (const link of help.querySelectorAll('a')) {
    const word = document.createElement('span');
    word.textContent = link.nextSibling?.textContent?.trim() ?? '';
    link.append(word);
    band.append(link);
  }
  help.remove();
  main.before(band);
}

/** Lets the service worker keep the page. Without https a browser has none: then the form works while it is open. */
async function keepPage(): Promise<void> {
  if (!('serviceWorker' in navigator)) return;
  try {
    await navigator.serviceWorker.register('/phan-anh/worker.js', { scope: '/phan-anh', updateViaCache: 'none' });
  } catch {
    // The next visit tries again.
  }
}

const plain = document.getElementById('mau-phan-anh');
if (plain !== null)
  begin(plain).catch(() => {
    // Nothing can be kept here: the plain form sends as it always did.
  });
