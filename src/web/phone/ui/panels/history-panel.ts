import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { repeat } from 'lit/directives/repeat.js';
import type { PastCall, PastFault } from '../../account-data/history';
import { ask } from '../ask';
import { cleanedNumber } from '../../model/numbers/dial-plan';
import { iconOf } from '../icon';
import { directionIcon, directionLabel } from '../idle/recent-calls';
import { LightElement } from '../light-element';
import { whenText } from '../dates';
import { gradeOfMos } from '../../quality/voice-quality';
import { calledName, clock, shownNumber, gradeWords } from '../texts';
import './panels.css';

/** The calls of this extension on this device, newest first. Fires `ask`, `delete-call` (with the
    id), `delete-calls`, and `seen` when the person has looked at them. */
@customElement('phone-history')
export class HistoryPanel extends LightElement {
  @property({ attribute: false }) calls: readonly PastCall[] = [];
  @property({ attribute: false }) missed = 0;
  /** Whether it was opened by a button, and is not a permanent part of a wide page. */
  @property({ attribute: false }) opened = false;
  /** Why the history is not kept; empty if it is. */
  @property({ attribute: false }) trouble = '';
  @property({ attribute: false }) now: () => number = Date.now;
  @state() private search = '';
  @state() private asksToClear = false;

  protected override updated(): void {
    if (this.opened) {
      this.saw();
    }
  }

  protected override render(): TemplateResult {
    const found = this.calls.filter((call) => matches(call, this.search));
    return html`<section
      class="panel"
      tabindex="-1"
      aria-labelledby="history-title"
      @focusin=${this.saw}
      @pointerdown=${this.saw}
    >
      <div class="panel-head">
        <h2 id="history-title">History</h2>
        ${
          this.missed > 0
            ? html`<span class="badge" aria-hidden="true">${this.missed}</span
                ><span class="visually-hidden">${this.missed} missed</span>`
            : nothing
        }
        ${this.calls.length > 0 ? this.clearTemplate() : nothing}
      </div>
      ${
        this.calls.length > 0
          ? html`<input
              class="field-input"
              type="search"
              aria-label="Search history"
              placeholder="Search"
              .value=${this.search}
              @input=${(event: InputEvent) => {
                this.search = (event.target as HTMLInputElement).value;
              }}
            />`
          : nothing
      }
      ${this.listTemplate(found)}
      ${this.trouble === '' ? nothing : html`<p class="field-help">${this.trouble}</p>`}
    </section>`;
  }

  private listTemplate(found: readonly PastCall[]): TemplateResult {
    if (found.length === 0) {
      return html`<p class="panel-empty muted">
        ${this.calls.length === 0 ? 'No calls yet.' : 'No call matches.'}
      </p>`;
    }
    return html`<ul class="rows panel-rows">
      ${repeat(
        found,
        (call) => call.id,
        (call) => this.rowTemplate(call),
      )}
    </ul>`;
  }

  private rowTemplate(call: PastCall): TemplateResult {
    const name = calledName(call.remote);
    const isWithheld = call.remote.number === '';
    return html`<li class="row-pair">
      <button
        type="button"
        class="line-row"
        ?disabled=${isWithheld}
        @click=${() => {
          ask(this, (phone) => {
            phone.call(call.remote.number);
          });
        }}
      >
        ${directionIcon(call)}
        <span class="row-main"
          ><span class="row-name ${call.outcome === 'missed' ? 'is-missed' : ''}"
            >${isWithheld ? nothing : html`<span class="visually-hidden">Call back </span>`}<bdi
              >${name}</bdi
            ></span
          >
          <span class="row-detail">${detailOf(call)}</span>${originalTemplate(call)}${(
            call.faults ?? []
          ).map((fault) => html`<span class="row-fault">${faultText(fault)}</span>`)}</span
        >
        <span class="row-end">${whenText(call.startedAt, this.now())}</span>
      </button>
      <button
        type="button"
        class="button button-quiet button-icon row-tool"
        title="Delete"
        aria-label="Delete the call with ${name}"
        @click=${() => this.dispatchEvent(new CustomEvent('delete-call', { detail: call.id }))}
      >
        ${iconOf('trash')}
      </button>
    </li>`;
  }

  private clearTemplate(): TemplateResult {
    if (!this.asksToClear) {
      return html`<button
        type="button"
        class="button button-quiet panel-tool"
        @click=${() => {
          this.asksToClear = true;
        }}
      >
        Delete all
      </button>`;
    }
    return html`<span class="panel-tool row">
      <button
        type="button"
        class="button"
        @click=${() => {
          this.asksToClear = false;
        }}
      >
        Keep
      </button>
      <button
        type="button"
        class="button button-danger"
        @click=${() => {
          this.asksToClear = false;
          this.dispatchEvent(new CustomEvent('delete-calls'));
        }}
      >
        Delete ${this.calls.length}
      </button>
    </span>`;
  }

  private readonly saw = (): void => {
    if (this.missed > 0) {
      this.dispatchEvent(new CustomEvent('seen'));
    }
  };
}

function matches({ remote, original = remote }: PastCall, search: string): boolean {
  const wanted = search.trim().toLowerCase();
  const cleaned = cleanedNumber(search);
  return [remote, original].some(
    (party) =>
      calledName(party).toLowerCase().includes(wanted) ||
      party.number.toLowerCase().includes(wanted) ||
      (cleaned !== '' && party.number.includes(cleaned)),
  );
}

/** Who called, or what was dialled, where that was another one than at the end. */
function originalTemplate({ original, direction }: PastCall): TemplateResult | typeof nothing {
  return original === undefined
    ? nothing
    : html` <span class="row-detail"
        >${direction === 'in' ? 'First from' : 'First to'} <bdi>${calledName(original)}</bdi></span
      >`;
}

function faultText({ text, helped }: PastFault): string {
  return helped === '' ? text : `${text}. What helped: ${helped}`;
}

/** The details of a call: `Missed`, `1001 · 01:15 · Good`. */
function detailOf(call: PastCall): string {
  const { remote, seconds, quality, cause } = call;
  const { text } = directionLabel(call);
  const parts = [
    remote.name === '' ? '' : shownNumber(remote),
    seconds === null ? cause || `${text.charAt(0).toUpperCase()}${text.slice(1)}` : clock(seconds),
    quality === null ? '' : gradeWords[gradeOfMos(quality.mos)],
  ];
  return parts.filter((part) => part !== '').join(' · ');
}
