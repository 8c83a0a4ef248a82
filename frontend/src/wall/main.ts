import '../ui/tokens.css';
import '../ui/base.css';
import './wall.css';
import { mount } from 'svelte';
import { fetchStanding } from '../api/pairing';
import { askAsScreen, onNobody } from '../api/request';
import { chooseLocale } from '../i18n/locale';
import { Gate } from './gate';
import GateView from './Gate.svelte';
import { KeepsakeShelf } from './keepsake';
import { forgetShell } from './shell';
import { ShownView } from './view.svelte';

const longestMs = 1000; // for the disk and the first answer; then the wall begins empty, or as it was

chooseLocale(window.location.search);

const target = document.getElementById('app');
if (target === null) throw new Error('the page has no #app');

// /wall/<screen>: the last part of the path names the screen.
const last = decodeURIComponent(window.location.pathname.split('/').filter(Boolean).at(-1) ?? '');
const screenId = last === 'wall.html' ? 'tinh' : last;
askAsScreen(screenId);

const shelf = new KeepsakeShelf(screenId);
const view = new ShownView();
const gate = new Gate({
  screenId,
  ask: fetchStanding,
  onView: (next) => {
    view.now = next;
  },
  forget: async () => {
    await Promise.all([shelf.forget(), forgetShell()]);
  },
  go: (id) => {
    if (id === screenId) window.location.reload();
    else window.location.replace(`/wall/${encodeURIComponent(id)}`);
  },
});
onNobody(() => {
  gate.doubt();
});

// Until something is mounted a browser keeps painting the page before: so a reload goes from picture to picture. A page that
// lost its right while it was away learns of it here, before it shows what it kept.
const nothing = new Promise<null>((done) => {
  setTimeout(() => {
    done(null);
  }, longestMs);
});
const [kept] = await Promise.all([
  Promise.race([shelf.take(Date.now()), nothing]),
  Promise.race([gate.ask(), nothing]),
]);
mount(GateView, { target, props: { screenId, kept, view: () => view.now } });
