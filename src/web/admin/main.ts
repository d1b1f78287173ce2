import './admin.css';
import { bindThemeToggle, startTheme } from '../shared/theme';

startTheme();

for (const button of document.querySelectorAll<HTMLButtonElement>('button[data-theme-toggle]')) {
  bindThemeToggle(button);
}
