import { afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { listenForShortcuts, shortcuts, shortcutsAreOn, switchShortcuts } from './shortcuts';

let pressed: string[];

beforeAll(() => {
  listenForShortcuts();
});
beforeEach(() => {
  localStorage.clear();
  pressed = [];
  document.body.innerHTML = `<button aria-keyshortcuts="M">Mute</button>
    <button aria-keyshortcuts="T" disabled>Transfer</button>
    <input /><dialog open><button class="inside">Close</button></dialog>`;
  for (const button of document.querySelectorAll('button')) {
    button.addEventListener('click', () => pressed.push(button.textContent));
  }
});
afterEach(() => {
  document.body.innerHTML = '';
});

function key(
  value: string,
  init: KeyboardEventInit = {},
  target: Element = document.body,
): boolean {
  return target.dispatchEvent(
    new KeyboardEvent('keydown', {
      key: value,
      bubbles: true,
      composed: true,
      cancelable: true,
      ...init,
    }),
  );
}

it('press the button that names the key, in either case', () => {
  expect(key('m')).toBe(false);
  key('M', { shiftKey: true });
  expect(pressed).toEqual(['Mute', 'Mute']);
});

it('do nothing without such a button, or while it is disabled', () => {
  expect(key('h')).toBe(true);
  expect(key('t')).toBe(true);
  expect(pressed).toEqual([]);
});

it.each([
  { ctrlKey: true },
  { altKey: true },
  { metaKey: true },
  { repeat: true },
  { isComposing: true },
])('do nothing with %j', (init) => {
  key('m', init);
  expect(pressed).toEqual([]);
});

it('do nothing in a field and in a dialog', () => {
  for (const selector of ['input', '.inside']) {
    key('m', {}, document.querySelector(selector) ?? document.body);
  }
  expect(pressed).toEqual([]);
});

it('leave digits to the pad', () => {
  document.body.innerHTML = '<button aria-keyshortcuts="5">5</button>';
  expect(key('5')).toBe(true);
  expect(shortcuts.some(({ key: name }) => /[0-9*#]/.test(name))).toBe(false);
});

it('can be switched off, and the choice is kept', () => {
  expect(shortcutsAreOn()).toBe(true);
  switchShortcuts(false);
  expect(shortcutsAreOn()).toBe(false);
  key('m');
  expect(pressed).toEqual([]);
  switchShortcuts(true);
  key('m');
  expect(pressed).toEqual(['Mute']);
});

it('are on where storage is forbidden', () => {
  const forbidden = (): never => {
    throw new DOMException('', 'SecurityError');
  };
  vi.stubGlobal('localStorage', { getItem: forbidden, setItem: forbidden });
  switchShortcuts(false);
  expect(shortcutsAreOn()).toBe(true);
  vi.unstubAllGlobals();
});
