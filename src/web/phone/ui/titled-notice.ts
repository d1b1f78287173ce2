/* A notice with a title and, below it, a detail: a fault of a call, or its outcome. */
import { html, nothing, type TemplateResult } from 'lit';
import type { CallNotice } from './texts';

export interface TitledNotice extends Omit<CallNotice, 'tone'> {
  readonly tone: CallNotice['tone'] | 'ok';
}

/** An error is announced at once, other notices at the next pause.
    @param action A button for what can be done. */
export function titledNoticeTemplate(
  { tone, title, detail }: TitledNotice,
  action: TemplateResult | typeof nothing = nothing,
): TemplateResult {
  const isFault = tone === 'error';
  return html`<div
    class="notice report ${tone === 'plain' ? '' : `notice-${tone}`}"
    role=${isFault ? 'alert' : nothing}
    aria-live=${isFault ? nothing : 'polite'}
  >
    <p class="report-title">${title}</p>
    ${detail === '' ? nothing : html`<p class="report-detail">${detail}</p>`} ${action}
  </div>`;
}
