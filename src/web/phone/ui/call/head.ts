/* The upper part of a call: the other side, the state and the faults. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Line } from '../../model/state';
import { shownTones } from '../../model/numbers/tones';
import { ask } from '../ask';
import {
  gradeNow,
  gradeWords,
  lineName,
  lineNumber,
  lineText,
  noTonesText,
  sentText,
  talkTime,
} from '../texts';

export interface HeadOptions {
  readonly now: number;
  /** The size of the head: other parts take the rest. */
  readonly size: 'full' | 'compact' | 'inline';
  /** Whether a tone was typed that could not be sent. */
  readonly isToneRefused: boolean;
  readonly qualityOpen: boolean;
  readonly showQuality: () => void;
}

export function head(line: Line, options: HeadOptions): TemplateResult {
  const warns = line.muted || line.hold !== 'no' || line.rescue !== 'none';
  const isFull = options.size === 'full';
  return html`<div class="head-call is-${options.size}">
    <h2 class="who-name" aria-live="polite"><bdi>${lineName(line)}</bdi></h2>
    ${isFull ? html`<p class="who-number">${lineNumber(line)}</p>` : nothing}
    <p class="call-line">
      <span class="call-state ${warns ? 'is-warning' : ''}" aria-live="polite"
        >${lineText(line)}</span
      >${timer(line, options.now)}${qualityMark(line, options)}
    </p>
    ${line.tones === '' ? nothing : tonesTemplate(line)}
    ${
      isFull
        ? html`<p class="sent-digits mono" role="log" aria-label="Digits sent">
            ${options.isToneRefused ? noTonesText(line) : sentText(line.digits)}
          </p>`
        : nothing
    }
  </div>`;
}

/** The tones that are still to be sent: by themselves at the answer, or by a click after a wait. */
function tonesTemplate({ id, state, hold, tones }: Line): TemplateResult {
  const [next = '', ...later] = tones.replace(/^w/, '').split('w');
  return state === 'active'
    ? html`<button
        type="button"
        class="button tones-button"
        ?disabled=${hold !== 'no'}
        @click=${(event: Event) => {
          ask(event.target as Element, (phone) => {
            phone.sendTones(id);
          });
        }}
      >
        Send ${shownTones(next)}
      </button>`
    : html`<p class="call-tones muted">
        Then sends <span class="mono">${shownTones([next, ...later].join('w'))}</span>
      </p>`;
}

function timer(line: Line, now: number): TemplateResult | typeof nothing {
  const time = talkTime(line, now);
  return time === null
    ? nothing
    : html`<span class="timer" role="timer" aria-label="Duration">${time}</span>`;
}

/** Four bars and a word for the quality; opens the figures. */
function qualityMark(line: Line, options: HeadOptions): TemplateResult | typeof nothing {
  const grade = gradeNow(line);
  if (line.state !== 'active' || grade === null) {
    return nothing;
  }
  return html`<button
    type="button"
    class="button button-quiet quality-mark grade-${grade}"
    aria-expanded=${options.qualityOpen}
    @click=${options.showQuality}
  >
    <span class="quality-bars" aria-hidden="true"><i></i><i></i><i></i></span
    ><span class="visually-hidden">Quality: </span>${gradeWords[grade]}
  </button>`;
}
