import '../ui/tokens.css';
import '../ui/base.css';
import './console.css';
import './forms.css';
import './sheets.css';
import { mount } from 'svelte';
import { chooseLocale } from '../i18n/locale';
import Gate from './account/Gate.svelte';
import { applySize, applyTheme, readLanguage, readSize, readTheme } from './preferences';

const asked = new URLSearchParams(window.location.search).has('lang');
chooseLocale(asked ? window.location.search : `?lang=${readLanguage()}`);
applyTheme(readTheme());
applySize(readSize());

const target = document.getElementById('app');
if (target === null) throw new Error('the page has no #app');
mount(Gate, { target });
