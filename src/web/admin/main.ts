import './admin.css';
import './live.css';
import './history.css';
import { bindThemeToggle, startTheme } from '../shared/theme';
import { bindCopy } from './copy';
import { bindFilter } from './filter';
import { bindGenerate } from './generate';
import { bindLivePage, bindPresence } from './live';
import { bindReveal } from './reveal';

startTheme();

for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-theme-toggle]')) {
  bindThemeToggle(button);
}
for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-copy]')) {
  bindCopy(button);
}
for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-reveal]')) {
  bindReveal(button);
}
for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-generate]')) {
  bindGenerate(button);
}
for (const form of document.querySelectorAll<HTMLFormElement>('form[data-filter]')) {
  bindFilter(form);
}
for (const root of document.querySelectorAll<HTMLElement>('[data-live]')) {
  bindLivePage(root);
}
for (const results of document.querySelectorAll<HTMLElement>('[data-live-states]')) {
  bindPresence(results);
}
