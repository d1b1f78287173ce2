import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import { precallChecks, type PrecallCheck } from '../../precall/checks';
import { precallReport, type FinishedCheck } from '../../precall/report';
import { askServices, type ViewServices } from '../ask';
import { Dialog } from '../dialog';
import type { SoundControls } from '../sound-controls';
import './test.css';

type Row = PrecallCheck & { readonly finished: FinishedCheck | null };

const looks = { ok: 'state-ok', warning: 'state-busy', fault: 'state-fault' } as const;
const words = { ok: 'OK', warning: 'Warning', fault: 'Fault' } as const;

/** Runs the checks of everything that a call needs, and shows each in a line. Fires `ask-around`. */
@customElement('phone-test')
export class TestDialog extends Dialog {
  @property({ attribute: false }) sound!: SoundControls;
  /** WebSocket address of the switch. */
  @property({ attribute: false }) server = '';
  /** Empty if there is no echo service. */
  @property({ attribute: false }) echoNumber = '';
  /** Whether the administrator accepts reports. */
  @property({ attribute: false }) reports = false;
  @state() private rows: readonly Row[] = [];
  @state() private progress: 'running' | 'done' | 'sending' | 'sent' | 'failed' = 'done';
  protected override readonly heading = 'Test of this phone';
  private startedAt = 0;

  protected override firstUpdated(): void {
    super.firstUpdated();
    this.start();
  }

  protected override contentTemplate(): TemplateResult {
    return html`<ul class="test-rows" aria-live="polite">
        ${this.rows.map(rowTemplate)}
      </ul>
      ${this.endTemplate()}`;
  }

  private endTemplate(): TemplateResult | typeof nothing {
    if (this.progress === 'running') {
      return nothing;
    }
    return html`${this.sentTemplate()}
      <div class="dialog-actions">
        ${
          this.reports && this.progress !== 'sent'
            ? html`<button
                type="button"
                class="button"
                ?disabled=${this.progress === 'sending'}
                @click=${this.send}
              >
                Send to administrator
              </button>`
            : nothing
        }
        <button type="button" class="button button-primary" @click=${this.start}>Test again</button>
      </div>`;
  }

  private sentTemplate(): TemplateResult | typeof nothing {
    switch (this.progress) {
      case 'sent':
        return html`<p class="notice notice-ok" role="status">Sent to your administrator.</p>`;
      case 'failed':
        return html`<p class="notice notice-error" role="alert">
          The report was not taken. Register, and try again in a minute.
        </p>`;
      default:
        return nothing;
    }
  }

  private readonly start = (): void => {
    this.progress = 'running';
    this.startedAt = Date.now();
    askServices(this, (services) => void this.run(services));
  };

  private async run({ phone, iceServers }: ViewServices): Promise<void> {
    const { sound, server, echoNumber } = this;
    const devices = {
      microphone: sound.microphone,
      outputs: sound.outputs,
      speakerName: () => sound.state.inUse.speaker?.label ?? 'the output of the system',
      isBlocked: () => sound.state.soundBlocked,
    };
    const checks = precallChecks({ devices, phone, server, iceServers, echoNumber });
    this.rows = checks.map((check) => ({ ...check, finished: null }));
    for (const check of checks) {
      if (!this.isConnected) {
        return;
      }
      const verdict = await check.run();
      const finished = { ...verdict, name: check.name, at: Date.now() };
      this.rows = this.rows.map((row) => (row.name === check.name ? { ...row, finished } : row));
    }
    this.progress = 'done';
  }

  private readonly send = (): void => {
    this.progress = 'sending';
    const finished = this.rows.flatMap((row) => row.finished ?? []);
    const report = precallReport(finished, this.startedAt, navigator.userAgent);
    askServices(this, (services) => {
      void services.report(report).then((arrived) => {
        this.progress = arrived ? 'sent' : 'failed';
      });
    });
  };
}

function rowTemplate({ name, finished }: Row): TemplateResult {
  return html`<li class="test-row">
    <p class="test-name">
      <span class="state ${finished === null ? 'state-off' : looks[finished.result]}">${name}</span>
      <span class="muted">${finished === null ? '…' : words[finished.result]}</span>
    </p>
    ${finished === null ? nothing : html`<p class="test-text muted">${finished.text}</p>`}
  </li>`;
}
