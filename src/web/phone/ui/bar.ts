/* The top bar: the extension of this phone, and the tools. */
import { html, nothing, type TemplateResult } from 'lit';
import type { IconName } from '../../shared/icons';
import { toggleLabel, toggleTheme } from '../../shared/theme';
import type { PhoneState, Registration } from '../model/state';
import { ask } from './ask';
import { iconOf } from './icon';

const stateClasses: Readonly<Record<Registration['state'], string>> = {
  none: 'state-off',
  registering: 'state-busy',
  registered: 'state-ok',
  failed: 'state-fault',
};

export interface BarOptions {
  readonly adminUrl: string;
  readonly openSettings: () => void;
}

/** The exact text of the element with role status. */
export function registrationText(registration: Registration): string {
  switch (registration.state) {
    case 'none':
      return 'Not registered';
    case 'registering':
      return 'Registering';
    case 'registered':
      return `Registered as ${registration.extension}`;
    case 'failed':
      return `Registration failed: ${registration.cause.text}`;
  }
}

export function bar(
  { registration, connected, lines }: PhoneState,
  options: BarOptions,
): TemplateResult {
  const theme = toggleLabel();
  // Without a connection the registration may have expired.
  const look =
    registration.state === 'registered' && !connected
      ? 'state-busy'
      : stateClasses[registration.state];
  return html`<header class="bar">
    <p class="bar-state state ${look}">
      <span role="status">${registrationText(registration)}</span>
    </p>
    <div class="bar-end">
      ${tool(theme, theme === 'Dark theme' ? 'moon' : 'sun', toggleTheme)}
      ${tool('Settings', 'sliders', options.openSettings)}
      <a class="button button-quiet button-icon" title="Extension admin" href=${options.adminUrl}>
        ${iconOf('gear')}<span class="visually-hidden">Extension admin</span>
      </a>
      ${
        isRegistered(registration) && lines.length === 0
          ? tool('Unregister', 'leave', (event) => {
              ask(event.target as Element, (phone) => {
                phone.unregister();
              });
            })
          : nothing
      }
    </div>
  </header>`;
}

/** Whether an extension is registered, or was and is being registered again. */
function isRegistered(registration: Registration): boolean {
  return (
    registration.state === 'registered' ||
    (registration.state === 'registering' && registration.again)
  );
}

function tool(name: string, icon: IconName, press: (event: Event) => void): TemplateResult {
  return html`<button
    type="button"
    class="button button-quiet button-icon"
    title=${name}
    @click=${press}
  >
    ${iconOf(icon)}<span class="visually-hidden">${name}</span>
  </button>`;
}
