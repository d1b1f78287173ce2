import { html, nothing, svg, type TemplateResult } from 'lit';
import { customElement, property, state } from 'lit/decorators.js';
import type { Line } from '../../model/state';
import { LightElement } from '../light-element';
import { gradeOfMos } from '../../quality/voice-quality';
import './quality.css';
import './report-dialog';

const WIDTH = 240;
const HEIGHT = 60;
const MIN_MOS = 1;
const MAX_MOS = 4.5;
/** The maximum number of samples of the model. */
const SPAN_S = 60;

/** The quality of a call: a graph of its MOS, the figures, and a button to report it. */
@customElement('phone-quality')
export class QualityPanel extends LightElement {
  @property({ attribute: false }) line!: Line;
  /** Whether the administrator accepts reports. */
  @property({ attribute: false }) reports = false;
  /** The call at the time when its report was opened. */
  @state() private reported: Line | null = null;

  protected override render(): TemplateResult {
    return html`${this.figuresTemplate()}${this.reports ? this.reportTemplate() : nothing}`;
  }

  private reportTemplate(): TemplateResult {
    const { reported } = this;
    return html`<button
        type="button"
        class="button button-quiet quality-report"
        @click=${() => {
          this.reported = this.line;
        }}
      >
        Report this call
      </button>
      ${
        reported === null
          ? nothing
          : html`<phone-report
              .line=${reported}
              @closed=${() => {
                this.reported = null;
              }}
            ></phone-report>`
      }`;
  }

  private figuresTemplate(): TemplateResult {
    const { quality } = this.line;
    const latest = quality.at(-1);
    if (latest === undefined) {
      return html`<p class="drawer-empty muted">Nothing is measured yet.</p>`;
    }
    const mos = quality.map((one) => one.mos);
    const label =
      `Voice quality over the last ${mos.length} s: ` +
      `between ${Math.min(...mos).toFixed(1)} and ${Math.max(...mos).toFixed(1)} of 4.5`;
    return html`<div class="quality">
      <svg
        class="quality-graph grade-${gradeOfMos(latest.mos)}"
        viewBox="0 0 ${WIDTH} ${HEIGHT}"
        preserveAspectRatio="none"
        role="img"
        aria-label=${label}
      >
        ${[2, 3, 4].map((value) => gridLine(value))}
        <path class="quality-area" d="${curve(mos)} V${HEIGHT} H${x(0, mos.length)} Z"></path>
        <path class="quality-curve" d=${curve(mos)}></path>
      </svg>
      <dl class="figures">
        ${figure('MOS', latest.mos.toFixed(1))}
        ${figure('Loss', `${(latest.loss * 100).toFixed(1)} %`)}
        ${figure('Jitter', `${Math.round(latest.jitter)} ms`)}
        ${figure('Round trip', latest.roundTrip === null ? '–' : `${Math.round(latest.roundTrip)} ms`)}
        ${figure('Codec', latest.codec)}
        ${figure('Received', `${Math.round(latest.bitrate / 1000)} kbit/s`)}
      </dl>
    </div>`;
  }
}

function figure(name: string, value: string): TemplateResult {
  return html`<div class="figure">
    <dt>${name}</dt>
    <dd>${value}</dd>
  </div>`;
}

function gridLine(value: number): TemplateResult {
  return svg`<line class="quality-grid" x1="0" x2=${WIDTH} y1=${y(value)} y2=${y(value)}></line>`;
}

function curve(values: readonly number[]): string {
  // A single value is drawn as a short stroke.
  const points = values.length === 1 ? [...values, ...values] : values;
  return points
    .map((value, index) => `${index === 0 ? 'M' : 'L'}${x(index, points.length)} ${y(value)}`)
    .join(' ');
}

/** The newest value is at the right edge. */
function x(index: number, count: number): number {
  return Math.round(WIDTH - ((count - 1 - index) * WIDTH) / (Math.max(SPAN_S, count) - 1));
}

function y(value: number): number {
  const share = (Math.min(MAX_MOS, Math.max(MIN_MOS, value)) - MIN_MOS) / (MAX_MOS - MIN_MOS);
  return Math.round((1 - share) * (HEIGHT - 4) + 2);
}
