import { html, type TemplateResult } from 'lit';
import { customElement, state } from 'lit/decorators.js';
import { LightElement } from './light-element';

/** Offers to forget this device, and asks for confirmation. Fires `forget`. */
@customElement('phone-forget')
export class ForgetDevice extends LightElement {
  @state() private isConfirming = false;

  protected override render(): TemplateResult {
    if (!this.isConfirming) {
      return html`<button
        type="button"
        class="button button-quiet button-wide"
        @click=${() => {
          this.isConfirming = true;
        }}
      >
        Forget this device
      </button>`;
    }
    return html`<div
      class="notice notice-warning stack"
      role="group"
      aria-label="Forget this device"
    >
      <p>
        This unregisters the phone in all tabs, ends its calls and takes away the call history, your
        contacts, the kept registration and all settings of the phone. It cannot be undone.
      </p>
      <div class="row">
        <button
          type="button"
          class="button"
          @click=${() => {
            this.isConfirming = false;
          }}
        >
          Keep
        </button>
        <button type="button" class="button button-danger" @click=${this.forget}>
          Forget everything
        </button>
      </div>
    </div>`;
  }

  protected override updated(): void {
    if (this.isConfirming) {
      // The button that had the focus is gone; the focus goes to the button that cancels.
      this.querySelector('button')?.focus();
    }
  }

  private readonly forget = (): void => {
    this.isConfirming = false;
    this.dispatchEvent(new CustomEvent('forget'));
  };
}
