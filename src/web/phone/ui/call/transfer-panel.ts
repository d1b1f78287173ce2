import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property } from 'lit/decorators.js';
import type { Line, Transfer } from '../../model/state';
import { ask } from '../ask';
import { Combobox } from '../combobox';
import { asTyped, type Dial } from '../../model/numbers/dialled';
import { LightElement } from '../light-element';
import type { Suggest } from '../people';
import { calledName, lineName, shortened } from '../texts';
import './transfer.css';

/** Transfers a call: at once, or after a consultation. */
@customElement('phone-transfer')
export class TransferPanel extends LightElement {
  @property({ attribute: false }) line!: Line;
  /** All lines, including this one. */
  @property({ attribute: false }) lines: readonly Line[] = [];
  @property({ attribute: false }) suggest: Suggest = () => [];
  @property({ attribute: false }) dialled: Dial = asTyped;
  private readonly target = new Combobox(this, {
    id: 'transfer-to',
    label: 'Transfer to',
    suggest: () => this.suggest,
    dialled: () => this.dialled,
  });

  protected override firstUpdated(): void {
    if (window.matchMedia('(pointer: fine)').matches) {
      this.target.field?.focus();
    }
  }

  protected override render(): TemplateResult {
    const { line, lines } = this;
    if (line.transfer !== null) {
      return this.progressTemplate(line.transfer);
    }
    const consultation =
      line.consults === null ? lines.find((one) => one.consults === line.id) : line;
    const held = lines.find((one) => one.id === consultation?.consults);
    return consultation !== undefined && held !== undefined
      ? this.consultTemplate(held, consultation)
      : this.formTemplate();
  }

  private formTemplate(): TemplateResult {
    const others = this.lines.filter((one) => one.id !== this.line.id && one.state === 'active');
    return html`<form class="drawer-form" novalidate @submit=${this.submit}>
      ${this.target.fieldTemplate()}
      <div class="drawer-actions">
        <button
          type="button"
          class="button"
          ?disabled=${!this.target.canDial}
          @click=${this.consult}
        >
          Ask first
        </button>
        <button class="button button-primary" ?disabled=${!this.target.canDial}>
          Transfer now
        </button>
      </div>
      <div class="drawer-list">
        ${this.target.listTemplate()}
        ${
          this.isEmpty
            ? others.length > 0
              ? others.map((other) => this.connectTemplate(other))
              : html`<p class="field-help">
                  Transfer now gives the call away at once. Ask first calls the other side before.
                </p>`
            : nothing
        }
      </div>
    </form>`;
  }

  private connectTemplate(other: Line): TemplateResult {
    return html`<button
      type="button"
      class="button button-wide"
      @click=${() => {
        ask(this, (phone) => {
          phone.completeTransfer(this.line.id, other.id);
        });
      }}
    >
      Connect with ${shortened(lineName(other))}
    </button>`;
  }

  private consultTemplate(held: Line, consultation: Line): TemplateResult {
    const up = consultation.state === 'active';
    return html`<div class="transfer-progress">
      <p class="transfer-words">
        ${up ? 'Talk to' : 'Calling'} <b><bdi>${lineName(consultation)}</bdi></b>
        <span class="muted">before you give them <bdi>${lineName(held)}</bdi>.</span>
      </p>
      <div class="drawer-actions">
        ${this.cancelTemplate(held)}
        <button
          type="button"
          class="button button-primary"
          ?disabled=${!up}
          @click=${() => {
            ask(this, (phone) => {
              phone.completeTransfer(held.id, consultation.id);
            });
          }}
        >
          Complete transfer
        </button>
      </div>
    </div>`;
  }

  private progressTemplate(transfer: Transfer): TemplateResult {
    const who = shortened(calledName(transfer.target));
    switch (transfer.state) {
      case 'requested':
        return html`<div class="transfer-progress">
          <p class="transfer-words" aria-live="polite">Handing over to <b>${who}</b>…</p>
          <div class="drawer-actions">${this.cancelTemplate(this.line)}</div>
        </div>`;
      case 'handed-over':
        return html`<div class="transfer-progress">
          <div class="notice notice-ok" aria-live="polite">
            <p>Handed over to ${who}. The call leaves this phone.</p>
          </div>
        </div>`;
      case 'failed':
        return html`<div class="transfer-progress">
          <div class="notice notice-error" role="alert">
            <p class="report-title">Not transferred to ${who}: ${transfer.cause.text}</p>
            <p class="report-detail">${transfer.cause.remedy}</p>
          </div>
          <div class="drawer-actions">${this.cancelTemplate(this.line)}</div>
        </div>`;
    }
  }

  private cancelTemplate(line: Line): TemplateResult {
    return html`<button
      type="button"
      class="button"
      @click=${() => {
        ask(this, (phone) => {
          phone.cancelTransfer(line.id);
        });
      }}
    >
      Cancel transfer
    </button>`;
  }

  private get isEmpty(): boolean {
    return this.target.value.trim() === '';
  }

  private readonly submit = (event: SubmitEvent): void => {
    event.preventDefault();
    const number = this.target.value.trim();
    if (this.target.canDial) {
      ask(this, (phone) => {
        phone.transfer(this.line.id, number);
      });
    }
  };

  private readonly consult = (): void => {
    const number = this.target.value.trim();
    ask(this, (phone) => {
      phone.consult(this.line.id, number);
    });
  };
}
