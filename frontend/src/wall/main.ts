import '../ui/tokens.css';
import '../ui/base.css';
import './wall.css';
import { mount } from 'svelte';
import { chooseLocale } from '../i18n/locale';
import Wall from './Wall.svelte';

chooseLocale(window.location.search);

const target = document.getElementById('app');
if (target === null) throw new Error('the page has no #app');

// /wall/<screen>: the last part of the path names the screen.
const screen = decodeURIComponent(window.location.pathname.split('/').filter(Boolean).at(-1) ?? '');
mount(Wall, { target, props: { screenId: screen === 'wall.html' ? 'tinh' : screen } });
