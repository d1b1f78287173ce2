/* The last calls, below the pad: one press calls back. */
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
      (one) =>
        html`<li>
          <button
            type="button"
            class="line-row"
            @click=${() => {
              call(one.remote.number);
            }}
          >
            ${wayIcon(one)}
            <span class="row-main"
              ><span class="row-name"
                ><span class="visually-hidden">Call </span><bdi>${calledName(one.remote)}</bdi
                ><span class="visually-hidden"> again, ${wayOf(one).word}, </span></span
              ></span
            >
            <span class="row-end">${whenText(one.startedAt, Date.now())}</span>
          </button>
        </li>`,
    )}
  </ul>`;
}

interface Way {
  readonly icon: IconName;
  readonly word: string;
}

/** The direction of a call, and whether it was answered. */
export function wayOf({ direction, seconds, outcome }: PastCall): Way {
  if (direction === 'out') {
    return { icon: 'outgoing', word: seconds === null ? 'outgoing, not answered' : 'outgoing' };
  }
  if (outcome === 'missed') {
    return { icon: 'missed', word: 'missed' };
  }
  return { icon: 'incoming', word: seconds === null ? 'incoming, not answered here' : 'incoming' };
}

export function wayIcon(call: PastCall): TemplateResult {
  const { icon } = wayOf(call);
  return html`<span class="row-icon ${icon === 'missed' ? 'is-missed' : ''}"
    >${iconOf(icon)}</span
  >`;
}
