import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { Registration } from '../../model/state';
import { extensionError } from '../../model/settings';
import { focusSoon } from '../focus';
import { iconOf } from '../icon';
import { LightElement } from '../light-element';

export interface Credentials {
  readonly extension: string;
  readonly password: string;
  /** Whether to keep the registration on this device. */
  readonly keep: boolean;
}

/** The form for extension and password; fires `credentials` and `cancel-register`. */
@customElement('phone-register-form')
export class RegisterForm extends LightElement {
  @property({ attribute: false }) registration: Registration = { state: 'none' };
  @property({ attribute: false }) lastExtension = '';
  /** The switch's WebSocket. */
  @property({ attribute: false }) server = '';
  /** Whether the browser can keep the registration. */
  @property({ attribute: false }) canKeep = false;
  /** Whether a registration is kept on this device. */
  @property({ attribute: false }) kept = false;
  @state() private errors: { extension?: string; password?: string } = {};
  @state() private revealed = false;
  @query('#extension') private readonly extensionField!: HTMLInputElement;
  @query('#password') private readonly passwordField!: HTMLInputElement;
  @query('#keep') private readonly keepField!: HTMLInputElement | null;

  protected override firstUpdated(): void {
    focusSoon(this.lastExtension === '' ? this.extensionField : this.passwordField);
  }

  protected override render(): TemplateResult {
    const busy = this.registration.state === 'registering';
    return html`<form class="view register" novalidate @submit=${this.submit}>
      <div class="stack">
        <div>
          <h2 class="register-title">Register this phone</h2>
          <p class="muted">With the extension and password from your administrator.</p>
        </div>
        ${this.extensionTemplate(busy)} ${this.passwordTemplate(busy)} ${this.keepTemplate()}
        <button class="button button-primary button-wide" ?disabled=${busy}>Register</button>
        <div class="register-state">${this.stateTemplate()}</div>
      </div>
    </form>`;
  }

  private extensionTemplate(busy: boolean): TemplateResult {
    const error = this.errors.extension;
    return html`<div class="field">
      <label class="field-label" for="extension">Extension</label>
      <input
        class="field-input"
        id="extension"
        name="extension"
        autocomplete="username"
        autocapitalize="none"
        spellcheck="false"
        maxlength="286"
        .value=${this.lastExtension}
        ?readonly=${busy}
        aria-invalid=${error === undefined ? 'false' : 'true'}
        aria-describedby="extension-error"
      />
      <p class="field-error" id="extension-error">${error ?? nothing}</p>
    </div>`;
  }

  private passwordTemplate(busy: boolean): TemplateResult {
    const error = this.errors.password;
    const label = this.revealed ? 'Hide password' : 'Show password';
    return html`<div class="field">
      <label class="field-label" for="password">Password</label>
      <div class="field-row">
        <input
          class="field-input"
          id="password"
          name="password"
          type=${this.revealed ? 'text' : 'password'}
          autocomplete="current-password"
          autocapitalize="none"
          spellcheck="false"
          ?readonly=${busy}
          aria-invalid=${error === undefined ? 'false' : 'true'}
          aria-describedby="password-error"
        />
        <button
          type="button"
          class="button button-icon"
          title=${label}
          @click=${() => {
            this.revealed = !this.revealed;
          }}
        >
          ${iconOf(this.revealed ? 'eyeOff' : 'eye')}<span class="visually-hidden">${label}</span>
        </button>
      </div>
      <p class="field-error" id="password-error">${error ?? nothing}</p>
    </div>`;
  }

  private keepTemplate(): TemplateResult {
    return this.canKeep
      ? html`<label class="switch">
          <input
            type="checkbox"
            id="keep"
            aria-describedby="keep-help"
            .checked=${this.kept}
          /><span class="switch-text"
            >Keep me registered on this device
            <span class="field-help" id="keep-help"
              >Not on a computer that you share. The password itself is never stored.</span
            ></span
          >
        </label>`
      : html`<p class="field-help">
          To stay registered on this device, open the phone by an https:// address.
        </p>`;
  }

  /** The Cancel button while registering, or the message of a failed registration. */
  private stateTemplate(): TemplateResult | typeof nothing {
    switch (this.registration.state) {
      case 'registering':
        return quietButton('Cancel', () => this.dispatchEvent(new CustomEvent('cancel-register')));
      case 'failed':
        return html`<div class="notice notice-error">
          <p>${this.registration.cause.remedy}</p>
          ${this.registration.cause.code === 'unreachable' ? certificateTemplate(this.server) : nothing}
        </div>`;
      default:
        return nothing;
    }
  }

  private readonly submit = (event: SubmitEvent): void => {
    event.preventDefault();
    if (this.registration.state === 'registering') {
      return;
    }
    const extension = this.extensionField.value.trim();
    const password = this.passwordField.value;
    const wrong = extensionError(extension);
    this.errors = {
      ...(wrong === null ? {} : { extension: wrong }),
      ...(password === '' ? { password: 'Enter the password of the extension.' } : {}),
    };
    if (wrong !== null) {
      this.extensionField.focus();
    } else if (password === '') {
      this.passwordField.focus();
    } else {
      const detail: Credentials = {
        extension,
        password,
        keep: this.keepField?.checked ?? false,
      };
      this.dispatchEvent(new CustomEvent('credentials', { detail }));
    }
  };
}

/** Whether the certificate of the server may be the cause. A refused certificate looks like an
    unreachable WebSocket; the browser asks the person only on a page of that address, in a tab of
    its own. The address of this page is trusted already. */
function certificateTemplate(server: string): TemplateResult | typeof nothing {
  const address = server.replace(/^wss:/, 'https:');
  return address === server || new URL(address).host === window.location.host
    ? nothing
    : html`<p>
        Or the browser may not trust the server's certificate:
        <a href=${address} target="_blank" rel="noreferrer">open ${address}</a>. If it warns you
        there, accept the certificate or tell your administrator, then register again.
      </p>`;
}

function quietButton(text: string, press: () => void): TemplateResult {
  return html`<button type="button" class="button button-quiet button-wide" @click=${press}>
    ${text}
  </button>`;
}
