import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { ServerErrors, Settings } from '../../model/settings';
import { LightElement } from '../light-element';

/** The form for server and domain. Fires `done` when they were saved or left unchanged. */
@customElement('phone-connection-form')
export class ConnectionForm extends LightElement {
  @property({ attribute: false }) settings!: Settings;
  /** The errors in the addresses that are in use. */
  @property({ attribute: false }) errors: ServerErrors = {};
  @state() private server = '';
  @state() private domain = '';
  @query('#server') private readonly serverField!: HTMLInputElement;
  @query('#domain') private readonly domainField!: HTMLInputElement;

  override connectedCallback(): void {
    super.connectedCallback();
    this.server = this.settings.server;
    this.domain = this.settings.domain;
  }

  protected override render(): TemplateResult {
    const { canChange } = this.settings;
    return html`<form class="stack" novalidate @submit=${this.save}>
      ${this.fieldTemplate('server', 'Server', 'WebSocket address of the switch.')}
      ${this.fieldTemplate('domain', 'Domain', 'SIP domain of the extensions.')}
      <p class="field-help">
        ${
          canChange
            ? 'Kept on this device, and used from the next Register on.'
            : 'Set by your administrator.'
        }
      </p>
      ${canChange ? this.changeTemplate() : nothing}
    </form>`;
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
        .value=${this[id]}
        ?readonly=${!this.settings.canChange}
        aria-invalid=${error === undefined ? 'false' : 'true'}
        aria-describedby="${id}-help ${id}-error"
        @input=${(event: InputEvent) => {
          this[id] = (event.target as HTMLInputElement).value;
        }}
      />
      <p class="field-help" id="${id}-help">${help}</p>
      <p class="field-error" id="${id}-error">${error ?? nothing}</p>
    </div>`;
  }

  private changeTemplate(): TemplateResult {
    return html`<div class="dialog-actions">
      <button type="button" class="button button-quiet dialog-default" @click=${this.useDefault}>
        Use the default
      </button>
      <button type="button" class="button" @click=${this.done}>Cancel</button>
      <button class="button button-primary">Save</button>
    </div>`;
  }

  private readonly useDefault = (): void => {
    this.errors = {};
    this.server = this.settings.defaultServer;
    this.domain = this.settings.defaultDomain;
  };

  private readonly done = (): void => {
    this.dispatchEvent(new CustomEvent('done'));
  };

  private readonly save = (event: SubmitEvent): void => {
    event.preventDefault();
    this.errors = this.settings.check(this.server, this.domain);
    if (this.errors.server !== undefined) {
      this.serverField.focus();
    } else if (this.errors.domain !== undefined) {
      this.domainField.focus();
    } else {
      this.settings.save(this.server, this.domain);
      this.done();
    }
  };
}
