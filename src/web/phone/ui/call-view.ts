import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Line } from '../calls';
import { dialPad, typedDigit } from './dial-pad';
import { iconOf } from './icon';
import { LightElement } from './light-element';
import { Settle } from './settle';
import { calledName, clock, lineText, sentText } from './words';

/** A call that is up or on its way. Fires `hang-up`, `mute` (with the wish) and `digit`. */
@customElement('phone-call-view')
export class CallView extends LightElement {
  @property({ attribute: false }) line!: Line;
  @property({ attribute: false }) now: () => number = Date.now;
  private readonly settle = new Settle(this);
  private tick: number | undefined;

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener('keydown', this.keyed);
    this.tick = window.setInterval(() => {
      this.requestUpdate();
    }, 250);
  }

  override disconnectedCallback(): void {
    window.removeEventListener('keydown', this.keyed);
    window.clearInterval(this.tick);
    super.disconnectedCallback();
  }

  protected override firstUpdated(): void {
    // What was focused is gone; from here on Tab leads to the pad, and keys send digits.
    this.querySelector<HTMLElement>('.view')?.focus();
  }

  protected override render(): TemplateResult {
    const { remote, state } = this.line;
    return html`<section class="view" tabindex="-1" aria-label="Call with ${calledName(remote)}">
      <div class="head head-call">
        <h2 class="who-name"><bdi>${calledName(remote)}</bdi></h2>
        <p class="who-number">${remote.name === '' ? '' : remote.number}</p>
        <p class="call-line">
          <span class="call-state ${this.line.muted ? 'is-muted' : ''}" aria-live="polite"
            >${lineText(this.line)}</span
          >${this.timerTemplate()}
        </p>
        <p class="sent-digits mono" aria-label="Digits sent">${sentText(this.line.digits)}</p>
      </div>
      ${dialPad(state === 'active', this.press)}
      <div class="actions">
        ${this.muteTemplate()}
        <button
          type="button"
          class="button button-danger action ${this.settle.look}"
          ?disabled=${!this.settle.settled}
          @click=${() => this.dispatchEvent(new CustomEvent('hang-up'))}
        >
          ${iconOf('phoneOff')}Hang up
        </button>
        <span></span>
      </div>
      <div class="foot"></div>
    </section>`;
  }

  private timerTemplate(): TemplateResult | typeof nothing {
    const { answeredAt } = this.line;
    if (answeredAt === null) {
      return nothing;
    }
    const seconds = Math.max(0, Math.floor((this.now() - answeredAt) / 1000));
    return html`<span class="timer" role="timer" aria-label="Duration">${clock(seconds)}</span>`;
  }

  private muteTemplate(): TemplateResult {
    const { muted, state } = this.line;
    return html`<button
      type="button"
      class="button action action-side ${muted ? 'is-muted' : ''}"
      ?disabled=${state !== 'active'}
      @click=${() => this.dispatchEvent(new CustomEvent<boolean>('mute', { detail: !muted }))}
    >
      ${iconOf(muted ? 'micOff' : 'mic')}${muted ? 'Unmute' : 'Mute'}
    </button>`;
  }

  private readonly press = (digit: string): void => {
    this.dispatchEvent(new CustomEvent<string>('digit', { detail: digit }));
  };

  private readonly keyed = (event: KeyboardEvent): void => {
    const digit = typedDigit(event);
    if (digit !== null && !event.repeat) {
      event.preventDefault();
      this.press(digit);
    }
  };
}
