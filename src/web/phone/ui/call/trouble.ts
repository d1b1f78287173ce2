/* What is wrong with a call that is up, and what is being done about it. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Finding, Line } from '../../calls/state';

type Words = readonly [title: string, detail: string];

/** What is so at this moment: that the call goes on is said only while something is heard. */
function wordsOf({ rescue, heard }: Line): Words | null {
  switch (rescue) {
    case 'none':
      return null;
    case 'recovering':
      return ['Getting the call back', 'This takes a moment. Please stay on the line.'];
    case 'reconnecting':
      return heard === false
        ? ['No sound arrives, and the server does not answer', 'The phone is connecting again.']
        : [
            'Connection to the server lost',
            `${heard === true ? 'The call goes on. ' : ''}The phone is connecting again.`,
          ];
  }
}

type Tone = 'ok' | 'warning' | 'error';

const tones: Readonly<Record<Finding['state'], Tone>> = {
  mending: 'warning',
  open: 'error',
  mended: 'ok',
  over: 'ok',
};

export function troubleOf(line: Line): TemplateResult | typeof nothing {
  const { trouble } = line;
  const words = wordsOf(line);
  if (words !== null) {
    return noticeTemplate('warning', ...words);
  }
  const untold = line.findings.filter(({ state }) => state !== 'over');
  const finding = untold.find(({ severity }) => severity === 'fault') ?? untold[0];
  if (finding !== undefined) {
    return findingTemplate(finding);
  }
  return trouble === null ? nothing : noticeTemplate('error', trouble.text, trouble.remedy);
}

/** What the phone has found by itself: what it tries, or what the person can do. */
function findingTemplate({ text, remedy, state, steps, severity }: Finding): TemplateResult {
  const tried = steps.at(-1);
  const detail = state === 'mending' && tried !== undefined ? `${tried.name}…` : remedy;
  const tone = state === 'open' && severity === 'warning' ? 'warning' : tones[state];
  return noticeTemplate(tone, text, detail);
}

function noticeTemplate(tone: Tone, title: string, detail: string): TemplateResult {
  const isFault = tone === 'error';
  return html`<div
    class="notice notice-${tone}"
    role=${isFault ? 'alert' : nothing}
    aria-live=${isFault ? nothing : 'polite'}
  >
    <p class="report-title">${title}</p>
    <p class="report-detail">${detail}</p>
  </div>`;
}
