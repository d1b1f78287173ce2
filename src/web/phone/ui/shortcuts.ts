/* Keyboard shortcuts for the buttons of a call. A button names its key in `aria-keyshortcuts`, so a
   hidden or disabled button cannot be pressed, and assistive technology knows the key too. */
import { readStored, writeStored } from '../../shared/storage';

export const shortcuts = [
  { key: 'A', what: 'Answer' },
  { key: 'D', what: 'Decline' },
  { key: 'E', what: 'End: hang up' },
  { key: 'M', what: 'Mute or unmute' },
  { key: 'H', what: 'Hold or resume' },
  { key: 'T', what: 'Transfer' },
  { key: '?', what: 'This list' },
] as const;

const OFF_KEY = 'sipapp.shortcuts.off';

/** Single letters can disturb speech input: they can be switched off (WCAG 2.1.4). */
export function shortcutsAreOn(): boolean {
  return readStored(OFF_KEY) === null;
}

export function switchShortcuts(on: boolean): void {
  writeStored(OFF_KEY, on ? null : '1');
}

/** Listens for the keys, for as long as the page lives. */
export function listenForShortcuts(): void {
  window.addEventListener('keydown', (event) => {
    const button = isForShortcuts(event) && shortcutsAreOn() ? buttonFor(event.key) : null;
    if (button !== null) {
      event.preventDefault();
      button.click();
    }
  });
}

function isForShortcuts(event: KeyboardEvent): boolean {
  const { defaultPrevented, repeat, isComposing, ctrlKey, altKey, metaKey } = event;
  return (
    /^[a-z]$/i.test(event.key) &&
    !(defaultPrevented || repeat || isComposing || ctrlKey || altKey || metaKey) &&
    !isTyping(event)
  );
}

/** In a field, or in a dialog that covers the buttons. */
function isTyping(event: KeyboardEvent): boolean {
  const target = event.composedPath()[0];
  return (
    target instanceof Element &&
    target.closest('input, textarea, select, dialog, [contenteditable]') !== null
  );
}

function buttonFor(key: string): HTMLButtonElement | null {
  return document.querySelector<HTMLButtonElement>(
    `button[aria-keyshortcuts="${key.toUpperCase()}"]:not(:disabled)`,
  );
}
