import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { Registration } from '../calls';
import { extensionError } from '../settings';
import { iconOf } from './icon';
import { LightElement } from './light-element';

export interface Credentials {
  readonly extension: string;
  readonly password: string;
}

/** Asks for extension and password; fires `credentials` and `cancel-register`. */
@customElement('phone-register-form')
export class RegisterForm extends LightElement {
  @property({ attribute: false }) registration: Registration = { state: 'none' };
  @property({ attribute: false }) lastExtension = '';
  @state() private errors: { extension?: string; password?: string } = {};
  @state() private revealed = false;
  @query('#extension') private readonly extensionField!: HTMLInputElement;
  @query('#password') private readonly passwordField!: HTMLInputElement;

  protected override firstUpdated(): void {
    (this.lastExtension === '' ? this.extensionField : this.passwordField).focus();
  }

  protected override render(): TemplateResult {
    const busy = this.registration.state === 'registering';
    return html`<form class="view register" novalidate @submit=${this.submit}>
      <div class="stack">
        <div>
          <h2 class="register-title">Register this phone</h2>
          <p class="muted">With the extension and password from your administrator.</p>
        </div>
        ${this.extensionTemplate(busy)} ${this.passwordTemplate(busy)}
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
        maxlength="32"
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

  /** Either can be cancelled or has failed: one place for both. */
  private stateTemplate(): TemplateResult | typeof nothing {
    switch (this.registration.state) {
      case 'registering':
        return html`<button
          type="button"
          class="button button-quiet button-wide"
          @click=${this.cancel}
        >
          Cancel
        </button>`;
      case 'failed':
        return html`<div class="notice notice-error">
          <p>${this.registration.cause.remedy}</p>
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
      const detail: Credentials = { extension, password };
      this.dispatchEvent(new CustomEvent('credentials', { detail }));
    }
  };

  private readonly cancel = (): void => {
    this.dispatchEvent(new CustomEvent('cancel-register'));
  };
}
