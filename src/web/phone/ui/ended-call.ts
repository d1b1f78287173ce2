/* The notice about the ended call, which offers to call again if the call was lost. */
import { html, nothing, type TemplateResult } from 'lit';
import type { EndedCall } from '../model/state';
import { iconOf } from './icon';
import { titledNoticeTemplate } from './titled-notice';
import { isToBeCalledAgain, endedCallNotice } from './texts';

/** The notice; null where there is nothing to report.
    @param isBrief For little room, beside the controls of another call. */
export function endedTemplate(
  ended: EndedCall | null,
  call: (number: string) => void,
  isBrief = false,
): TemplateResult | null {
  const report = ended === null ? null : endedCallNotice(ended);
  if (ended === null || report === null) {
    return null;
  }
  const notice = isBrief ? { ...report, detail: '' } : report;
  return titledNoticeTemplate(notice, isToBeCalledAgain(ended) ? again(ended, call) : nothing);
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
