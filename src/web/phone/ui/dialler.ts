import { html, nothing, type PropertyValues, type TemplateResult } from 'lit';
import { customElement, property, query, state } from 'lit/decorators.js';
import type { EndedCall } from '../calls';
import { dialPad, isForPhone, typedDigit } from './dial-pad';
import { iconOf } from './icon';
import { LightElement } from './light-element';
import { LongPress } from './long-press';
import { Settle } from './settle';
import { reportOf } from './words';

/** The idle phone: a number, the pad, Call. Fires `dial` (with the number), `draft` and
    `unregister`. */
@customElement('phone-dialler')
export class Dialler extends LightElement {
  @property({ attribute: false }) lastEnded: EndedCall | null = null;
  @property({ attribute: false }) lastDialled = '';
  @state() private number = '';
  @query('#number') private readonly field!: HTMLInputElement;
  private readonly settle = new Settle(this);
  private readonly backspace = new LongPress(
    () => {
      this.edit(this.number.slice(0, -1));
    },
    () => {
      this.edit('');
    },
  );

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener('keydown', this.keyed);
  }

  override disconnectedCallback(): void {
    window.removeEventListener('keydown', this.keyed);
    super.disconnectedCallback();
  }

  protected override firstUpdated(): void {
    // On a touch screen a focused field would bring up the keyboard over the pad.
    if (window.matchMedia('(pointer: fine)').matches) {
      this.field.focus();
    }
  }

  protected override updated(changed: PropertyValues<this>): void {
    if (!changed.has('lastEnded')) {
      // A long number shows its end, where the next digit goes.
      this.field.scrollLeft = this.field.scrollWidth;
    }
  }

  protected override render(): TemplateResult {
    return html`<form class="view" novalidate @submit=${this.submit}>
      ${this.headTemplate()} ${dialPad(true, this.addDigit)}
      <div class="actions">
        <span></span>
        <button
          class="button button-go action ${this.settle.look}"
          ?disabled=${!this.settle.settled}
        >
          ${iconOf('phone')}Call
        </button>
        ${this.backspaceTemplate()}
      </div>
      <div class="foot">
        <button
          type="button"
          class="button button-quiet"
          @click=${() => this.dispatchEvent(new CustomEvent('unregister'))}
        >
          Unregister
        </button>
      </div>
    </form>`;
  }

  private headTemplate(): TemplateResult {
    return html`<div class="head head-idle">
      <div class="report">${this.reportTemplate()}</div>
      <div class="field">
        <label class="field-label" for="number">Number to call</label>
        <input
          class="field-input number"
          id="number"
          type="tel"
          autocomplete="off"
          autocapitalize="none"
          spellcheck="false"
          .value=${this.number}
          @input=${(event: InputEvent) => {
            this.edit((event.target as HTMLInputElement).value);
          }}
        />
      </div>
    </div>`;
  }

  private backspaceTemplate(): TemplateResult {
    return html`<button
      type="button"
      class="button button-quiet action action-side"
      title="Backspace: hold to clear"
      @pointerdown=${() => {
        this.backspace.down();
      }}
      @pointerup=${() => {
        this.backspace.up();
      }}
      @pointerleave=${() => {
        this.backspace.up();
      }}
      @contextmenu=${(event: Event) => {
        event.preventDefault();
      }}
      @click=${() => {
        this.backspace.click();
      }}
    >
      ${iconOf('deleteKey')}<span class="visually-hidden">Backspace</span>
    </button>`;
  }

  private reportTemplate(): TemplateResult | typeof nothing {
    const report = this.lastEnded === null ? null : reportOf(this.lastEnded);
    if (report === null) {
      return nothing;
    }
    const tone = report.tone === 'plain' ? '' : `notice-${report.tone}`;
    return html`<div class="notice ${tone}" role=${report.tone === 'error' ? 'alert' : nothing}>
      <p class="report-title">${report.title}</p>
      ${report.detail === '' ? nothing : html`<p class="report-detail">${report.detail}</p>`}
    </div>`;
  }

  private edit(number: string): void {
    this.number = number;
    this.dispatchEvent(new CustomEvent('draft'));
  }

  private readonly addDigit = (digit: string): void => {
    this.edit(this.number + digit);
  };

  private readonly keyed = (event: KeyboardEvent): void => {
    const digit = typedDigit(event);
    if (digit !== null) {
      this.addDigit(digit);
    } else if (event.key === 'Backspace' && isForPhone(event)) {
      this.edit(this.number.slice(0, -1));
    } else {
      return;
    }
    event.preventDefault();
  };

  private readonly submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const number = this.number.trim();
    if (number === '') {
      // As on a desk phone: the first press brings the last number back, the second calls it.
      this.number = this.lastDialled;
    } else if (this.settle.settled) {
      this.dispatchEvent(new CustomEvent<string>('dial', { detail: number }));
    }
  };
}
