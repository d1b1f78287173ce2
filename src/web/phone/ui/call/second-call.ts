import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Line } from '../../model/state';
import { ask, type PhoneRequest } from '../ask';
import { iconOf } from '../icon';
import { LightElement } from '../light-element';
import { ClickGuard } from '../click-guard';
import './lines.css';
import { lineName, lineNumber } from '../texts';

/** A further incoming call: a sheet above the controls of the call that is up. */
@customElement('phone-second-call')
export class SecondCall extends LightElement {
  @property({ attribute: false }) line!: Line;
  /** Whether there is no call that could be ended. */
  @property({ attribute: false }) alone = false;
  /** How many more calls ring, to be answered after this one. */
  @property({ attribute: false }) more = 0;
  private readonly clickGuard = new ClickGuard(this);

  protected override render(): TemplateResult {
    const { id } = this.line;
    const who = lineName(this.line);
    const number = lineNumber(this.line);
    return html`<section class="sheet" aria-label="Second call">
      <p class="sheet-who" role="alert">
        ${iconOf('incoming')}
        <span
          ><span class="sheet-kind"
            >Incoming call${this.more > 0 ? ` (${this.more} more)` : ''}</span
          >
          <bdi class="sheet-name">${who}</bdi> <bdi class="sheet-number">${number}</bdi></span
        >
      </p>
      <div class="sheet-actions">
        ${this.button('Decline', 'button-danger', 'D', (phone) => {
          phone.decline(id);
        })}
        ${
          this.alone
            ? nothing
            : this.button('End and answer', '', null, (phone) => {
                phone.answer(id, 'end');
              })
        }
        ${this.button('Answer', 'button-go', 'A', (phone) => {
          phone.answer(id, 'hold');
        })}
      </div>
    </section>`;
  }

  private button(
    name: string,
    look: string,
    key: string | null,
    what: PhoneRequest,
  ): TemplateResult {
    return html`<button
      type="button"
      class="button ${look} ${this.clickGuard.buttonClass}"
      aria-keyshortcuts=${key ?? nothing}
      ?disabled=${!this.clickGuard.isReady}
      @click=${() => {
        ask(this, what);
      }}
    >
      ${name}
    </button>`;
  }
}
