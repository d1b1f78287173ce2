import { readStored, writeStored } from './storage';
import { icon } from './icons';

export type Theme = 'light' | 'dark';

const KEY = 'sipapp.theme';
const listeners = new Set<() => void>();

const systemDark = (): MediaQueryList => window.matchMedia('(prefers-color-scheme: dark)');

export function currentTheme(): Theme {
  const shown = document.documentElement.dataset['theme'];
  if (shown === 'light' || shown === 'dark') {
    return shown;
  }
  return systemDark().matches ? 'dark' : 'light';
}

/** Sets the stored choice on <html>; without one, `color-scheme` follows the system. */
export function startTheme(): void {
  show(remembered());
  systemDark().addEventListener('change', announce);
  // Another tab of the same person changed the theme.
  window.addEventListener('storage', (event) => {
    if (event.key === KEY || event.key === null) {
      show(remembered());
      announce();
    }
  });
}

export function toggleTheme(): void {
  const next: Theme = currentTheme() === 'dark' ? 'light' : 'dark';
  show(next);
  writeStored(KEY, next);
  announce();
}

/** Calls back whenever another theme is shown; the returned function ends that. */
export function onThemeChange(listener: () => void): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** The name of the toggle: the theme that it switches to. */
export function toggleLabel(): 'Dark theme' | 'Light theme' {
  return currentTheme() === 'dark' ? 'Light theme' : 'Dark theme';
}

/** Makes a server-rendered button (empty, `hidden` without script) the theme toggle. */
export function bindThemeToggle(button: HTMLButtonElement): void {
  const paint = (): void => {
    const label = toggleLabel();
    button.setAttribute('aria-label', label);
    button.title = label;
    button.replaceChildren(icon(label === 'Dark theme' ? 'moon' : 'sun'));
  };
  button.addEventListener('click', toggleTheme);
  onThemeChange(paint);
  paint();
  button.hidden = false;
}

function show(theme: Theme | null): void {
  if (theme === null) {
    delete document.documentElement.dataset['theme'];
  } else {
    document.documentElement.dataset['theme'] = theme;
  }
}

function announce(): void {
  for (const listener of listeners) {
    listener();
  }
}

function remembered(): Theme | null {
  const stored = readStored(KEY);
  return stored === 'light' || stored === 'dark' ? stored : null;
}
