/* What is wrong with a call that is up, and what is being done about it. */
import { html, nothing, type TemplateResult } from 'lit';
import type { Finding, Line, Rescue } from '../../calls/state';
import { ask } from '../ask';
import { iconOf } from '../icon';

const words: Readonly<Record<Exclude<Rescue, 'none'>, readonly [string, string]>> = {
  reconnecting: [
    'Connection to the server lost',
    'The call goes on. The phone is connecting again.',
  ],
  recovering: ['Getting the call back', 'This takes a moment. Please stay on the line.'],
  lost: ['The call could not be saved', 'The connection broke for too long.'],
};

type Tone = 'ok' | 'warning' | 'error';

const tones: Readonly<Record<Finding['state'], Tone>> = {
  mending: 'warning',
  open: 'error',
  mended: 'ok',
  over: 'ok',
};

export function troubleOf(line: Line): TemplateResult | typeof nothing {
  const { rescue, trouble } = line;
  if (rescue !== 'none') {
    const [title, detail] = words[rescue];
    return rescue === 'lost'
      ? noticeTemplate('error', title, detail, callBack(line))
      : noticeTemplate('warning', title, detail);
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

function callBack({ id, remote }: Line): TemplateResult {
  return html`<button
    type="button"
    class="button trouble-action"
    @click=${(event: Event) => {
      ask(event.target as Element, (phone) => {
        phone.hangUp(id);
        phone.call(remote.number);
      });
    }}
  >
    ${iconOf('phone')}Call back
  </button>`;
}

function noticeTemplate(
  tone: Tone,
  title: string,
  detail: string,
  action: TemplateResult | typeof nothing = nothing,
): TemplateResult {
  const isFault = tone === 'error';
  return html`<div
    class="notice notice-${tone}"
    role=${isFault ? 'alert' : nothing}
    aria-live=${isFault ? nothing : 'polite'}
  >
    <p class="report-title">${title}</p>
    <p class="report-detail">${detail}</p>
    ${action}
  </div>`;
}
