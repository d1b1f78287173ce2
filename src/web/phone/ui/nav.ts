/* The bottom bar of the idle phone: panels and settings. */
import { html, nothing, type TemplateResult } from 'lit';
import type { IconName } from '../../shared/icons';
import type { PhoneState } from '../model/state';
import { ask } from './ask';
import { iconOf } from './icon';

export type Panel = 'history' | 'contacts';

export interface NavOptions {
  /** The panel that is open in place of the dialler, if there is one. */
  readonly open: Panel | null;
  readonly missed: number;
  readonly voicemailNumber: string;
  readonly show: (panel: Panel) => void;
}

interface Item {
  readonly name: string;
  readonly icon: IconName;
  readonly press: (event: Event) => void;
  /** Null where the button has no state. */
  readonly pressed: boolean | null;
  /** A short text, for example a count; the button's name stays the same. */
  readonly count?: readonly [number, string];
  readonly disabled?: boolean;
  readonly isWarning?: boolean;
}

export function nav(state: PhoneState, options: NavOptions): TemplateResult {
  return html`<nav class="nav" aria-label="Around calls">
    ${[
      panelItem('History', 'history', options, [options.missed, 'missed']),
      panelItem('Contacts', 'contacts', options),
      voicemailItem(state, options.voicemailNumber),
      quietItem(state),
    ].map(itemTemplate)}
  </nav>`;
}

function panelItem(
  name: string,
  panel: Panel,
  { open, show }: NavOptions,
  count: readonly [number, string] = [0, ''],
): Item {
  return {
    name,
    icon: panel,
    count,
    pressed: open === panel,
    press: () => {
      show(panel);
    },
  };
}

function voicemailItem({ voicemail }: PhoneState, usual: string): Item {
  const number = voicemail === null || voicemail.account === '' ? usual : voicemail.account;
  return {
    name: 'Voicemail',
    icon: 'voicemail',
    count: [voicemail?.fresh ?? 0, 'new'],
    pressed: null,
    disabled: number === '',
    press: (event) => {
      ask(event.target as Element, (phone) => {
        phone.call(number);
      });
    },
  };
}

function quietItem({ doNotDisturb }: PhoneState): Item {
  return {
    name: 'Do not disturb',
    icon: 'bellOff',
    pressed: doNotDisturb,
    isWarning: true,
    press: (event) => {
      ask(event.target as Element, (phone) => {
        phone.setDoNotDisturb(!doNotDisturb);
      });
    },
  };
}

function itemTemplate({
  name,
  icon,
  press,
  pressed,
  count,
  disabled,
  isWarning,
}: Item): TemplateResult {
  const [number, ofWhat] = count ?? [0, ''];
  return html`<button
    type="button"
    class="nav-item ${isWarning === true ? 'is-warning' : ''}"
    aria-pressed=${pressed ?? nothing}
    aria-description=${number > 0 ? `${number} ${ofWhat}` : nothing}
    ?disabled=${disabled === true}
    @click=${press}
  >
    <span class="nav-icon"
      >${iconOf(icon)}${
        number > 0
          ? html`<span class="badge" aria-hidden="true">${number > 99 ? '99+' : number}</span>`
          : nothing
      }</span
    >
    <span class="nav-name">${name}</span>
  </button>`;
}
