import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { ServerErrors, Settings } from '../settings';
import { LightElement } from './light-element';

/** Server and domain. Fires `saved` after they were changed. */
@customElement('phone-settings')
export class SettingsDialog extends LightElement {
  @property({ attribute: false }) settings!: Settings;
  @state() private errors: ServerErrors = {};
  @query('dialog') private readonly dialog!: HTMLDialogElement;
  @query('#server') private readonly serverField!: HTMLInputElement;
  @query('#domain') private readonly domainField!: HTMLInputElement;

  open(): void {
    this.fill(this.settings.server, this.settings.domain);
    this.dialog.showModal();
  }

  readonly close = (): void => {
    this.dialog.close();
  };

  /** Shows what is wrong with the addresses that are in use. */
  show(errors: ServerErrors): void {
    this.errors = errors;
  }

  protected override render(): TemplateResult {
    const { canChange } = this.settings;
    return html`<dialog class="dialog" aria-labelledby="settings-title">
      <form class="stack" novalidate @submit=${this.save}>
        <h2 id="settings-title">Settings</h2>
        ${this.fieldTemplate('server', 'Server', 'WebSocket address of the switch.')}
        ${this.fieldTemplate('domain', 'Domain', 'SIP domain of the extensions.')}
        <p class="field-help">
          ${
            canChange
              ? 'Kept on this device, and used from the next Register on.'
              : 'Set by your administrator.'
          }
        </p>
        ${canChange ? this.changeTemplate() : this.closeTemplate()}
      </form>
    </dialog>`;
  }

  private fieldTemplate(id: 'server' | 'domain', label: string, help: string): TemplateResult {
    const error = this.errors[id];
    return html`<div class="field">
      <label class="field-label" for=${id}>${label}</label>
      <input
        class="field-input"
        id=${id}
        autocomplete="off"
        autocapitalize="none"
        spellcheck="false"
        inputmode="url"
        ?readonly=${!this.settings.canChange}
        aria-invalid=${error === undefined ? 'false' : 'true'}
        aria-describedby="${id}-help ${id}-error"
      />
      <p class="field-help" id="${id}-help">${help}</p>
      <p class="field-error" id="${id}-error">${error ?? nothing}</p>
    </div>`;
  }

  private changeTemplate(): TemplateResult {
    return html`<button
        type="button"
        class="button button-quiet dialog-default"
        @click=${this.useDefault}
      >
        Use the default
      </button>
      <div class="dialog-actions">
        <button type="button" class="button" @click=${this.close}>Cancel</button>
        <button class="button button-primary">Save</button>
      </div>`;
  }

  private closeTemplate(): TemplateResult {
    return html`<div class="dialog-actions">
      <button type="button" class="button button-primary" @click=${this.close}>Close</button>
    </div>`;
  }

  private fill(server: string, domain: string): void {
    this.errors = {};
    this.serverField.value = server;
    this.domainField.value = domain;
  }

  private readonly useDefault = (): void => {
    this.fill(this.settings.defaultServer, this.settings.defaultDomain);
  };

  private readonly save = (event: SubmitEvent): void => {
    event.preventDefault();
    const server = this.serverField.value;
    const domain = this.domainField.value;
    this.errors = this.settings.check(server, domain);
    if (this.errors.server !== undefined) {
      this.serverField.focus();
    } else if (this.errors.domain !== undefined) {
      this.domainField.focus();
    } else {
      this.settings.save(server, domain);
      this.dialog.close();
      this.dispatchEvent(new CustomEvent('saved'));
    }
  };
}
