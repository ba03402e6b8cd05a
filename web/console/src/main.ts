import { mount } from 'svelte';
import './app.css';
import './settings/form.css';
import App from './App.svelte';
import { loadTexts } from './lib/i18n.ts';

await loadTexts();
mount(App, { target: document.getElementById('app')! });
