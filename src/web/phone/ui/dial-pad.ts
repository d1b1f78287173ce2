import { html, type TemplateResult } from 'lit';

const keys: readonly (readonly [string, string])[] = [
  ['1', ''],
  ['2', 'ABC'],
  ['3', 'DEF'],
  ['4', 'GHI'],
  ['5', 'JKL'],
  ['6', 'MNO'],
  ['7', 'PQRS'],
  ['8', 'TUV'],
  ['9', 'WXYZ'],
  ['*', ''],
  ['0', ''],
  ['#', ''],
];

/** The twelve keys of the dial pad; a key's accessible name is its digit alone. */
export function dialPad(enabled: boolean, press: (digit: string) => void): TemplateResult {
  return html`<div class="pad" role="group" aria-label="Dial pad">
    ${keys.map(
      ([digit, letters]) =>
        html`<button
          type="button"
          class="key"
          ?disabled=${!enabled}
          @click=${() => {
            press(digit);
          }}
        >
          <span class="key-digit">${digit}</span
          ><span class="key-letters" aria-hidden="true">${letters}</span>
        </button>`,
    )}
  </div>`;
}

/** The digit of a keyboard event that is meant for the phone and not for a field. */
export function typedDigit(event: KeyboardEvent): string | null {
  return isPlainKey(event) && /^[\p{Nd}*#]$/u.test(event.key) ? event.key : null;
}

/** A key pressed without modifier keys, outside of a field. */
export function isPlainKey(event: KeyboardEvent): boolean {
  return isForPhone(event) && !event.ctrlKey && !event.metaKey && !event.altKey;
}

/** Whether an event of the page (a key, a paste) is meant for the phone and not for a field. */
export function isForPhone(event: Event): boolean {
  const target = event.target;
  const inField =
    target instanceof Element && target.closest('input, textarea, select, dialog') !== null;
  return !inField && !event.defaultPrevented;
}
