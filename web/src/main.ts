/** Where the page begins. */

import './styles/tokens.css';
import './styles/base.css';
import './styles/controls.css';
import { mount } from 'svelte';
import App from './App.svelte';
import { session } from './api/server';
import { language } from './i18n/index.svelte';
import { startRouter } from './router.svelte';
import { applyTheme } from './theme.svelte';

document.documentElement.lang = language();
applyTheme();
startRouter();
void session.resume();

const target = document.getElementById('app');
if (target) mount(App, { target });
