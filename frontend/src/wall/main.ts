import '../ui/tokens.css';
import '../ui/base.css';
import './wall.css';
import { mount } from 'svelte';
import { chooseLocale } from '../i18n/locale';
import { KeepsakeShelf } from './keepsake';
import Wall from './Wall.svelte';

const longestMs = 1000; // for the disk; then the wall begins empty, as a first one does

chooseLocale(window.location.search);

const target = document.getElementById('app');
if (target === null) throw new Error('the page has no #app');

// /wall/<screen>: the last part of the path names the screen.
const last = decodeURIComponent(window.location.pathname.split('/').filter(Boolean).at(-1) ?? '');
const screenId = last === 'wall.html' ? 'tinh' : last;

// Until something is mounted a browser keeps painting the page before: so a reload goes from picture to picture.
const nothing = new Promise<null>((done) => {
  setTimeout(() => {
    done(null);
  }, longestMs);
});
const kept = await Promise.race([new KeepsakeShelf(screenId).take(Date.now()), nothing]);
mount(Wall, { target, props: { screenId, kept } });
