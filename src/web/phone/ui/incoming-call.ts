import { html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Line } from '../calls';
import { iconOf } from './icon';
import { LightElement } from './light-element';
import { Settle } from './settle';
import { calledName, lineText } from './words';

/** A call that comes in. Fires `answer` and `decline`. */
@customElement('phone-incoming-call')
export class IncomingCall extends LightElement {
  @property({ attribute: false }) line!: Line;
  private readonly settle = new Settle(this);

  protected override firstUpdated(): void {
    // Says who calls to those who do not see it, and brings Tab to Decline and Answer.
    this.querySelector<HTMLElement>('.view')?.focus();
  }

  protected override render(): TemplateResult {
    const { remote } = this.line;
    const who = calledName(remote);
    const disabled = !this.settle.settled;
    return html`<section class="view incoming" tabindex="-1" aria-label="Incoming call from ${who}">
      <div class="incoming-who">
        <span class="portrait">${iconOf('user')}</span>
        <p class="call-state">${lineText(this.line)}</p>
        <h2 class="who-name"><bdi>${who}</bdi></h2>
        <p class="who-number">${remote.name === '' ? '' : remote.number}</p>
      </div>
      <div class="actions actions-apart">
        <button
          type="button"
          class="button button-danger action ${this.settle.look}"
          ?disabled=${disabled}
          @click=${() => this.dispatchEvent(new CustomEvent('decline'))}
        >
          ${iconOf('phoneOff')}Decline
        </button>
        <button
          type="button"
          class="button button-go action ${this.settle.look}"
          ?disabled=${disabled}
          @click=${() => this.dispatchEvent(new CustomEvent('answer'))}
        >
          ${iconOf('phone')}Answer
        </button>
      </div>
      <div class="foot"></div>
    </section>`;
  }
}
