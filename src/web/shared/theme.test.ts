import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

let dark: boolean;
let systemChanged: () => void;
let theme: typeof import('./theme');

const shown = (): string | undefined => document.documentElement.dataset['theme'];

beforeEach(async () => {
  localStorage.clear();
  delete document.documentElement.dataset['theme'];
  dark = false;
  systemChanged = () => undefined;
  vi.stubGlobal('matchMedia', () => ({
    get matches() {
      return dark;
    },
    addEventListener: (_type: string, listener: () => void) => {
      systemChanged = listener;
    },
  }));
  vi.resetModules();
  theme = await import('./theme');
});
afterEach(() => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
});

describe('the theme', () => {
  it('follows the system until it is toggled', () => {
    theme.startTheme();
    expect(shown()).toBeUndefined();
    expect(theme.currentTheme()).toBe('light');
    expect(theme.toggleLabel()).toBe('Dark theme');
    dark = true;
    expect(theme.currentTheme()).toBe('dark');
    expect(theme.toggleLabel()).toBe('Light theme');
  });

  it('is remembered once toggled, whatever the system’s is', () => {
    theme.startTheme();
    theme.toggleTheme();
    expect(shown()).toBe('dark');
    expect(localStorage.getItem('sipapp.theme')).toBe('dark');
    delete document.documentElement.dataset['theme'];
    theme.startTheme();
    expect(shown()).toBe('dark');
    theme.toggleTheme();
    expect(shown()).toBe('light');
    dark = true;
    expect(theme.currentTheme()).toBe('light');
  });

  it('ignores stored values that it did not write', () => {
    localStorage.setItem('sipapp.theme', 'pink');
    theme.startTheme();
    expect(shown()).toBeUndefined();
  });

  it('can be toggled where storage is forbidden', () => {
    vi.spyOn(Storage.prototype, 'setItem').mockImplementation(() => {
      throw new DOMException('', 'SecurityError');
    });
    vi.spyOn(Storage.prototype, 'getItem').mockImplementation(() => {
      throw new DOMException('', 'SecurityError');
    });
    theme.startTheme();
    theme.toggleTheme();
    expect(shown()).toBe('dark');
    theme.toggleTheme();
    expect(shown()).toBe('light');
  });

  it('follows another tab', () => {
    theme.startTheme();
    localStorage.setItem('sipapp.theme', 'dark');
    window.dispatchEvent(new StorageEvent('storage', { key: 'sipapp.theme' }));
    expect(shown()).toBe('dark');
  });
});

describe('a toggle of a server-rendered page', () => {
  it('is named after the theme that it switches to, and becomes visible', () => {
    const button = document.createElement('button');
    button.hidden = true;
    theme.startTheme();
    theme.bindThemeToggle(button);
    expect(button.hidden).toBe(false);
    expect(button.getAttribute('aria-label')).toBe('Dark theme');
    button.click();
    expect(shown()).toBe('dark');
    expect(button.getAttribute('aria-label')).toBe('Light theme');
    expect(button.querySelectorAll('svg[aria-hidden="true"]')).toHaveLength(1);
  });

  it('changes its name with the system', () => {
    const button = document.createElement('button');
    theme.startTheme();
    theme.bindThemeToggle(button);
    dark = true;
    systemChanged();
    expect(button.getAttribute('aria-label')).toBe('Light theme');
  });
});

it('listeners are notified of a change until they unsubscribe', () => {
  theme.startTheme();
  let heard = 0;
  const leave = theme.onThemeChange(() => {
    heard += 1;
  });
  theme.toggleTheme();
  expect(heard).toBe(1);
  leave();
  theme.toggleTheme();
  expect(heard).toBe(1);
});
