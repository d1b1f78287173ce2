import { html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import { ask } from '../ask';
import { Combobox } from '../combobox';
import { iconOf } from '../icon';
import { asTyped, type Dial } from '../../model/numbers/dialled';
import { LightElement } from '../light-element';
import type { Suggest } from '../people';

/** Calls another number while a call is up, which is then held. */
@customElement('phone-add-call')
export class AddCall extends LightElement {
  @property({ attribute: false }) suggest: Suggest = () => [];
  @property({ attribute: false }) dialled: Dial = asTyped;
  private readonly target = new Combobox(this, {
    id: 'number',
    label: 'Number to call',
    suggest: () => this.suggest,
    dialled: () => this.dialled,
  });

  protected override firstUpdated(): void {
    if (window.matchMedia('(pointer: fine)').matches) {
      this.target.field?.focus();
    }
  }

  protected override render(): TemplateResult {
    const empty = this.target.value.trim() === '';
    return html`<form class="drawer-form" novalidate @submit=${this.submit}>
      ${this.target.fieldTemplate()}
      <div class="drawer-actions">
        <button class="button button-go" ?disabled=${!this.target.canDial}>
          ${iconOf('phone')}Call
        </button>
      </div>
      <div class="drawer-list">
        ${this.target.listTemplate()}
        ${empty ? html`<p class="field-help">The call that is up is held meanwhile.</p>` : ''}
      </div>
    </form>`;
  }

  private readonly submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const number = this.target.value.trim();
    if (this.target.canDial) {
      ask(this, (phone) => {
        phone.call(number);
      });
    }
  };
}
