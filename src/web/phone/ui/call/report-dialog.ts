import { html, nothing, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { Line } from '../../model/state';
import { callReport, type PhoneReport } from '../../quality/report';
import { askServices } from '../ask';
import { Dialog } from '../dialog';
import { reportPreview } from './report-preview';

/** Shows the content of a report of a call, and sends it on request. */
@customElement('phone-report')
export class ReportDialog extends Dialog {
  /** The call at the time when its report was opened. */
  @property({ attribute: false }) line!: Line;
  @state() private withNumber = false;
  @state() private progress: 'no' | 'sending' | 'sent' | 'failed' = 'no';
  protected override readonly heading = 'Report this call';
  private readonly at = Date.now();

  protected override contentTemplate(): TemplateResult {
    if (this.progress === 'sent') {
      return html`<p class="notice notice-ok report-lead" role="status">
        Sent. Your administrator can read the report now.
      </p>`;
    }
    const { report } = this;
    return html`<p class="report-lead">Your administrator gets this, and nothing else:</p>
      ${reportPreview(report)}
      <label class="switch">
        <input
          type="checkbox"
          .checked=${this.withNumber}
          @change=${(event: Event) => {
            this.withNumber = (event.target as HTMLInputElement).checked;
          }}
        /><span class="switch-text">Tell the other side’s number</span>
      </label>
      ${
        this.progress === 'failed'
          ? html`<p class="notice notice-error" role="alert">
              The report was not taken. Try again in a minute.
            </p>`
          : nothing
      }
      <button
        type="button"
        class="button button-primary button-wide"
        ?disabled=${this.progress === 'sending'}
        @click=${() => {
          this.send(report);
        }}
      >
        Send report
      </button>`;
  }

  private get report(): PhoneReport {
    const { at: now, withNumber } = this;
    return callReport(this.line, { now, browser: navigator.userAgent, withNumber });
  }

  private send(report: PhoneReport): void {
    this.progress = 'sending';
    askServices(this, (services) => {
      void services.report(report).then((arrived) => {
        this.progress = arrived ? 'sent' : 'failed';
      });
    });
  }
}
