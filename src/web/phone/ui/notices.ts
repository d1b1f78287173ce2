/* What concerns the whole phone, below the bar: each with the one thing to do about it, if there is one. */
import { html, nothing, type TemplateResult } from 'lit';

export interface Notice {
  readonly text: string;
  readonly action?: string;
  readonly press?: () => void;
}

export function notices(list: readonly Notice[]): TemplateResult {
  return html`<div class="notices" aria-live="polite">
    ${list.map(
      ({ text, action, press }) =>
        html`<div class="notice notice-warning phone-notice">
          <p>${text}</p>
          ${
            action === undefined
              ? nothing
              : html`<button type="button" class="button" @click=${press}>${action}</button>`
          }
        </div>`,
    )}
  </div>`;
}
