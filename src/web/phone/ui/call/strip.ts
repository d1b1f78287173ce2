/* The list of the other lines of a phone with several. */
import { html, type TemplateResult } from 'lit';
import { repeat } from 'lit/directives/repeat.js';
import type { Line } from '../../model/state';
import { ask } from '../ask';
import { iconOf } from '../icon';
import { lineName, lineText, talkTime } from '../texts';

export function strip(others: readonly Line[], now: number): TemplateResult {
  return html`<ul class="strip" aria-label="Other calls">
    ${repeat(
      others,
      (line) => line.id,
      (line) =>
        html`<li class="strip-line">
          <span class="strip-who"
            ><bdi class="strip-name">${lineName(line)}</bdi>
            <span class="strip-state">${lineText(line)} ${talkTime(line, now)}</span></span
          >
          <button
            type="button"
            class="button"
            ?disabled=${line.state !== 'active'}
            @click=${(event: Event) => {
              ask(event.target as Element, (phone) => {
                phone.swapTo(line.id);
              });
            }}
          >
            ${iconOf('swap')}<span
              >Swap${
                others.length > 1
                  ? html`<span class="visually-hidden"> to ${lineName(line)}</span>`
                  : ''
              }</span
            >
          </button>
        </li>`,
    )}
  </ul>`;
}
