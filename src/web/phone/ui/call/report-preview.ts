/* The preview of a report: formatted as its reader will see it, and literally as it is sent. */
import { html, nothing, type TemplateResult } from 'lit';
import type { PhoneReport } from '../../quality/report';
import { clock } from '../texts';

const looks: Readonly<Record<PhoneReport['steps'][number]['result'], string>> = {
  ok: 'state-ok',
  warning: 'state-busy',
  fault: 'state-fault',
  info: 'state-off',
};

export function reportPreview(report: PhoneReport): TemplateResult {
  const { summary, cause, steps } = report;
  return html`<div class="report-preview stack" tabindex="0" role="group" aria-label="Report">
    <div>
      <p class="report-title">${summary}</p>
      ${cause === undefined ? nothing : html`<p class="muted">${cause}</p>`}
    </div>
    ${
      steps.length === 0
        ? nothing
        : html`<ol class="report-steps">
            ${steps.map(stepTemplate)}
          </ol>`
    }
    <dl class="report-facts">
      ${factsOf(report).map(
        ([name, value]) =>
          html`<dt>${name}</dt>
            <dd>${value}</dd>`,
      )}
    </dl>
    <details>
      <summary>Word for word</summary>
      <pre class="report-words">${JSON.stringify(report, null, 1)}</pre>
    </details>
  </div>`;
}

function stepTemplate({ at, name, result }: PhoneReport['steps'][number]): TemplateResult {
  return html`<li>
    <span class="state ${looks[result]}" aria-hidden="true"></span>
    <span>${clock(at)} ${name}<span class="visually-hidden">: ${result}</span></span>
  </li>`;
}

function factsOf(report: PhoneReport): readonly (readonly [string, string])[] {
  const { number, startedAt, seconds, facts, quality, browser } = report;
  const mos = quality.map((one) => one.mos);
  return [
    ...(number === undefined ? [] : [['Other side', number] as const]),
    ['Began', new Date(startedAt).toLocaleString([], { dateStyle: 'medium', timeStyle: 'short' })],
    ['Lasted', clock(seconds)],
    ...facts.map(({ name, value }) => [name, value] as const),
    ...(mos.length === 0
      ? []
      : [
          [
            'Quality (MOS)',
            `${Math.min(...mos).toFixed(1)} to ${Math.max(...mos).toFixed(1)}`,
          ] as const,
        ]),
    ['Browser', browser],
  ];
}
