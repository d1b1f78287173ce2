/* The recent calls, below the dial pad: one press calls back. */
import { html, nothing, type TemplateResult } from 'lit';
import type { IconName } from '../../../shared/icons';
import type { PastCall } from '../../account-data/history';
import { iconOf } from '../icon';
import { calledName } from '../texts';
import { whenText } from '../dates';

const MAX_SHOWN = 3;

export function recentCalls(
  calls: readonly PastCall[],
  call: (number: string) => void,
): TemplateResult | typeof nothing {
  if (calls.length === 0) {
    return nothing;
  }
  return html`<ul class="rows" aria-label="Last calls">
    ${calls.slice(0, MAX_SHOWN).map(
      (pastCall) =>
        html`<li>
          <button
            type="button"
            class="line-row"
            ?disabled=${pastCall.remote.number === ''}
            @click=${() => {
              call(pastCall.remote.number);
            }}
          >
            ${directionIcon(pastCall)}
            <span class="row-main"
              ><span class="row-name"
                >${
                  pastCall.remote.number === ''
                    ? calledName(pastCall.remote)
                    : html`<span class="visually-hidden">Call </span
                        ><bdi>${calledName(pastCall.remote)}</bdi
                        ><span class="visually-hidden"> again,</span>`
                }<span class="visually-hidden"> ${directionLabel(pastCall).text}, </span></span
              ></span
            >
            <span class="row-end">${whenText(pastCall.startedAt, Date.now())}</span>
          </button>
        </li>`,
    )}
  </ul>`;
}

interface CallDirection {
  readonly icon: IconName;
  readonly text: string;
}

/** The direction of a call, and whether it was answered. */
export function directionLabel({ direction, seconds, outcome }: PastCall): CallDirection {
  if (direction === 'out') {
    return { icon: 'outgoing', text: seconds === null ? 'outgoing, not answered' : 'outgoing' };
  }
  if (outcome === 'missed') {
    return { icon: 'missed', text: 'missed' };
  }
  return { icon: 'incoming', text: seconds === null ? 'incoming, not answered here' : 'incoming' };
}

export function directionIcon(call: PastCall): TemplateResult {
  const { icon } = directionLabel(call);
  return html`<span class="row-icon ${icon === 'missed' ? 'is-missed' : ''}"
    >${iconOf(icon)}</span
  >`;
}
