import { html, type TemplateResult } from 'lit';
import { query } from 'lit/decorators.js';
import { iconOf } from './icon';
import './dialog.css';
import { LightElement } from './light-element';

/** A modal dialog with a title and a close button. Fires `closed`; its host then removes it. */
export abstract class Dialog extends LightElement {
  @query('dialog') private readonly dialog!: HTMLDialogElement;

  close(): void {
    this.dialog.close();
  }

  protected abstract readonly heading: string;

  protected abstract contentTemplate(): TemplateResult;

  protected override firstUpdated(): void {
    this.dialog.showModal();
  }

  protected override render(): TemplateResult {
    return html`<dialog class="dialog" aria-label=${this.heading} @close=${this.closed}>
      <div class="dialog-head">
        <h2 tabindex="-1" autofocus>${this.heading}</h2>
        <button
          type="button"
          class="button button-quiet button-icon"
          title="Close"
          @click=${() => {
            this.close();
          }}
        >
          ${iconOf('close')}<span class="visually-hidden">Close</span>
        </button>
      </div>
      <div class="dialog-content">${this.contentTemplate()}</div>
    </dialog>`;
  }

  private readonly closed = (): void => {
    this.dispatchEvent(new CustomEvent('closed'));
  };
}
