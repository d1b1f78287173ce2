/* What became of the last call; one that nobody is known to have ended can be called again. */
import { html, nothing, type TemplateResult } from 'lit';
import type { EndedCall } from '../model/state';
import { iconOf } from './icon';
import { titledNoticeTemplate } from './titled-notice';
import { isToBeCalledAgain, endedCallNotice } from './texts';

/** Null where there is nothing to say.
    @param isBrief Where there is little room: the controls of another call. */
export function endedTemplate(
  ended: EndedCall | null,
  call: (number: string) => void,
  isBrief = false,
): TemplateResult | null {
  const report = ended === null ? null : endedCallNotice(ended);
  if (ended === null || report === null) {
    return null;
  }
  const told = isBrief ? { ...report, detail: '' } : report;
  return titledNoticeTemplate(told, isToBeCalledAgain(ended) ? again(ended, call) : nothing);
}

function again({ remote }: EndedCall, call: (number: string) => void): TemplateResult {
  return html`<button
    type="button"
    class="button report-action"
    @click=${() => {
      call(remote.number);
    }}
  >
    ${iconOf('phone')}Call again
  </button>`;
}
