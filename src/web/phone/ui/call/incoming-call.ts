import { html, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Line } from '../../model/state';
import { ask } from '../ask';
import { focusSoon } from '../focus';
import { iconOf } from '../icon';
import { LightElement } from '../light-element';
import { ClickGuard } from '../click-guard';
import './call.css';
import './incoming.css';
import './second-call';
import { nameInSentence } from '../../account-data/remote-names';
import { calledName, lineNumber, lineText } from '../texts';

/** An incoming call while no other is up. */
@customElement('phone-incoming-call')
export class IncomingCall extends LightElement {
  @property({ attribute: false }) line!: Line;
  /** Further calls that come in at the same time. */
  @property({ attribute: false }) others: readonly Line[] = [];
  private readonly clickGuard = new ClickGuard(this);

  protected override firstUpdated(): void {
    // Announces the caller to screen readers, and lets Tab reach Decline and Answer.
    focusSoon(this.querySelector<HTMLElement>('.view'));
  }

  protected override render(): TemplateResult {
    const { remote } = this.line;
    const who = calledName(remote);
    return html`<section
      class="view incoming"
      tabindex="-1"
      aria-label="Incoming call from ${nameInSentence(remote)}"
    >
      <div class="incoming-who">
        <span class="portrait">${iconOf('user')}</span>
        <p class="call-state">${lineText(this.line)}</p>
        <h2 class="who-name"><bdi>${who}</bdi></h2>
        <p class="who-number">${lineNumber(this.line)}</p>
        ${this.others.map(
          (line) => html`<phone-second-call .line=${line} .alone=${true}></phone-second-call>`,
        )}
      </div>
      <button
        type="button"
        class="button button-quiet incoming-busy"
        ?disabled=${!this.clickGuard.isReady}
        @click=${() => {
          this.decline('busy');
        }}
      >
        ${iconOf('bellOff')}Say busy
      </button>
      ${this.actionsTemplate()}
    </section>`;
  }

  private actionsTemplate(): TemplateResult {
    const disabled = !this.clickGuard.isReady;
    return html`<div class="actions actions-apart">
      <button
        type="button"
        class="button button-danger action ${this.clickGuard.buttonClass}"
        aria-keyshortcuts="D"
        ?disabled=${disabled}
        @click=${() => {
          this.decline('declined');
        }}
      >
        ${iconOf('phoneOff')}Decline
      </button>
      <button
        type="button"
        class="button button-go action ${this.clickGuard.buttonClass}"
        aria-keyshortcuts="A"
        ?disabled=${disabled}
        @click=${() => {
          ask(this, (phone) => {
            phone.answer(this.line.id);
          });
        }}
      >
        ${iconOf('phone')}Answer
      </button>
    </div>`;
  }

  private decline(reason: 'declined' | 'busy'): void {
    ask(this, (phone) => {
      phone.decline(this.line.id, reason);
    });
  }
}
