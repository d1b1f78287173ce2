/* What became of the last call; one that nobody is known to have ended can be called again. */
import { html, nothing, type TemplateResult } from 'lit';
import type { EndedCall } from '../calls/state';
import { iconOf } from './icon';
import { isToBeCalledAgain, reportOf } from './words';

/** Null where there is nothing to say.
    @param isBrief Where there is little room: the controls of another call. */
export function endedTemplate(
  ended: EndedCall | null,
  call: (number: string) => void,
  isBrief = false,
): TemplateResult | null {
  const report = ended === null ? null : reportOf(ended);
  if (ended === null || report === null) {
    return null;
  }
  const tone = report.tone === 'plain' ? '' : `notice-${report.tone}`;
  return html`<div
    class="notice report ${tone}"
    role=${report.tone === 'error' ? 'alert' : nothing}
    aria-live=${report.tone === 'error' ? nothing : 'polite'}
  >
    <p class="report-title">${report.title}</p>
    ${report.detail === '' || isBrief ? nothing : html`<p class="report-detail">${report.detail}</p>`}
    ${
      isToBeCalledAgain(ended)
        ? html`<button
            type="button"
            class="button report-action"
            @click=${() => {
              call(ended.remote.number);
            }}
          >
            ${iconOf('phone')}Call again
          </button>`
        : nothing
    }
  </div>`;
}
