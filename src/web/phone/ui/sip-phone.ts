import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query } from 'lit/decorators.js';
import { onThemeChange, toggleLabel, toggleTheme } from '../../shared/theme';
import type { Line, Phone, Registration } from '../calls';
import type { Settings } from '../settings';
import './call-view';
import './dialler';
import { iconOf } from './icon';
import './incoming-call';
import { LightElement } from './light-element';
import type { Credentials } from './register-form';
import './register-form';
import './settings-dialog';
import type { SettingsDialog } from './settings-dialog';
import { registrationText } from './words';

const looks: Readonly<Record<Registration['state'], string>> = {
  none: 'state-off',
  registering: 'state-busy',
  registered: 'state-ok',
  failed: 'state-fault',
};

/** The whole phone: the bar, and the one view that the state of the phone asks for. */
@customElement('sip-phone')
export class SipPhone extends LightElement {
  @property({ attribute: false }) phone: Phone | null = null;
  @property({ attribute: false }) settings: Settings | null = null;
  @property({ attribute: false }) adminUrl = '';
  /** Why the phone cannot start at all. */
  @property({ attribute: false }) fault = '';
  @query('phone-settings') private readonly dialog!: SettingsDialog;
  private endings: (() => void)[] = [];

  override connectedCallback(): void {
    super.connectedCallback();
    this.endings.push(
      onThemeChange(() => {
        this.requestUpdate();
      }),
    );
  }

  override disconnectedCallback(): void {
    for (const end of this.endings) {
      end();
    }
    this.endings = [];
    super.disconnectedCallback();
  }

  protected override willUpdate(changed: PropertyValues<this>): void {
    if (changed.has('phone') && this.phone !== null) {
      this.endings.push(
        this.phone.subscribe(() => {
          this.requestUpdate();
        }),
      );
    }
  }

  protected override updated(): void {
    // An open dialog would bar the way to Answer.
    if (this.phone?.state.lines.some(isRingingHere) === true) {
      this.dialog.close();
    }
  }

  protected override render(): TemplateResult | typeof nothing {
    if (this.fault !== '') {
      return html`<main class="phone card">
        <div class="notice notice-error" role="alert"><p>${this.fault}</p></div>
      </main>`;
    }
    const { phone, settings } = this;
    if (phone === null || settings === null) {
      return nothing;
    }
    return html`<main class="phone card">
        <h1 class="visually-hidden">Softphone</h1>
        ${this.barTemplate(phone.state.registration)} ${this.viewTemplate(phone, settings)}
      </main>
      <phone-settings .settings=${settings}></phone-settings>`;
  }

  private barTemplate(registration: Registration): TemplateResult {
    const theme = toggleLabel();
    return html`<header class="bar">
      <p class="bar-state state ${looks[registration.state]}">
        <span role="status">${registrationText(registration)}</span>
      </p>
      <div class="bar-end">
        <button
          type="button"
          class="button button-quiet button-icon"
          title=${theme}
          @click=${toggleTheme}
        >
          ${iconOf(theme === 'Dark theme' ? 'moon' : 'sun')}<span class="visually-hidden"
            >${theme}</span
          >
        </button>
        <button
          type="button"
          class="button button-quiet button-icon"
          title="Settings"
          @click=${() => {
            this.dialog.open();
          }}
        >
          ${iconOf('sliders')}<span class="visually-hidden">Settings</span>
        </button>
        <a class="button button-quiet button-icon" title="Extension admin" href=${this.adminUrl}>
          ${iconOf('gear')}<span class="visually-hidden">Extension admin</span>
        </a>
      </div>
    </header>`;
  }

  private viewTemplate(phone: Phone, settings: Settings): TemplateResult {
    const { registration, lines, lastEnded, lastDialled } = phone.state;
    const line = lines[0];
    if (line !== undefined) {
      return this.lineTemplate(phone, line);
    }
    if (registration.state === 'registered' || isRenewing(registration)) {
      return html`<phone-dialler
        .lastEnded=${lastEnded}
        .lastDialled=${lastDialled}
        @dial=${(event: CustomEvent<string>) => {
          phone.call(event.detail);
        }}
        @draft=${() => {
          phone.dismiss();
        }}
        @unregister=${() => {
          phone.unregister();
        }}
      ></phone-dialler>`;
    }
    return html`<phone-register-form
      .registration=${registration}
      .lastExtension=${settings.lastExtension}
      @credentials=${(event: CustomEvent<Credentials>) => {
        this.register(phone, settings, event.detail);
      }}
      @cancel-register=${() => {
        phone.unregister();
      }}
    ></phone-register-form>`;
  }

  private lineTemplate(phone: Phone, line: Line): TemplateResult {
    if (isRingingHere(line)) {
      return html`<phone-incoming-call
        .line=${line}
        @answer=${() => {
          phone.answer(line.id);
        }}
        @decline=${() => {
          phone.decline(line.id);
        }}
      ></phone-incoming-call>`;
    }
    return html`<phone-call-view
      .line=${line}
      @hang-up=${() => {
        phone.hangUp(line.id);
      }}
      @mute=${(event: CustomEvent<boolean>) => {
        phone.setMuted(line.id, event.detail);
      }}
      @digit=${(event: CustomEvent<string>) => {
        phone.sendDigit(line.id, event.detail);
      }}
    ></phone-call-view>`;
  }

  private register(phone: Phone, settings: Settings, { extension, password }: Credentials): void {
    const { server, domain } = settings;
    const errors = settings.check(server, domain);
    if (errors.server !== undefined || errors.domain !== undefined) {
      // The configured address cannot work on this page: say so where it can be changed.
      this.dialog.open();
      this.dialog.show(errors);
      return;
    }
    settings.rememberExtension(extension);
    phone.register({ extension, password, server, domain });
  }
}

function isRingingHere(line: Line): boolean {
  return line.direction === 'in' && line.state === 'ringing';
}

/** Registered a moment ago and on the way to be so again: the phone stays in sight. */
function isRenewing(registration: Registration): boolean {
  return registration.state === 'registering' && registration.again;
}
