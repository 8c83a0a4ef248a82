import '../ui/tokens.css';
import '../ui/base.css';
import '../console/console.css';
import '../console/forms.css';
import { mount } from 'svelte';
import { chooseLocale } from '../i18n/locale';
import { applySize, applyTheme, readLanguage, readSize, readTheme } from '../console/preferences';
import Gate from './Gate.svelte';

const asked = new URLSearchParams(window.location.search).has('lang');
chooseLocale(asked ? window.location.search : `?lang=${readLanguage()}`);
applyTheme(readTheme());
applySize(readSize());

const target = document.getElementById('app');
if (target === null) throw new Error('the page has no #app');
mount(Gate, { target });
