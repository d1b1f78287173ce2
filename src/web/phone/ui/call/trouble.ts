/* The faults of a call that is up, and the repairs in progress. */
import { nothing, type TemplateResult } from 'lit';
import type { Finding, Line } from '../../model/state';
import { titledNoticeTemplate, type TitledNotice } from '../titled-notice';

/** The current fault; that the call goes on is shown only while audio arrives. */
function rescueOf({ rescue, heard }: Line): TitledNotice | null {
  const tone = 'warning';
  switch (rescue) {
    case 'none':
      return null;
    case 'recovering':
      return {
        tone,
        title: 'Getting the call back',
        detail: 'This takes a moment. Please stay on the line.',
      };
    case 'reconnecting':
      return {
        tone,
        title:
          heard === false
            ? 'No sound arrives, and the server does not answer'
            : 'Connection to the server lost',
        detail: `${heard === true ? 'The call goes on. ' : ''}The phone is connecting again.`,
      };
  }
}

const tones: Readonly<Record<Finding['state'], TitledNotice['tone']>> = {
  mending: 'warning',
  open: 'error',
  mended: 'ok',
  over: 'ok',
};

export function troubleOf(line: Line): TemplateResult | typeof nothing {
  const { trouble } = line;
  const rescue = rescueOf(line);
  if (rescue !== null) {
    return titledNoticeTemplate(rescue);
  }
  const shownFindings = line.findings.filter(({ state }) => state !== 'over');
  const finding = shownFindings.find(({ severity }) => severity === 'fault') ?? shownFindings[0];
  if (finding !== undefined) {
    return findingTemplate(finding);
  }
  return trouble === null
    ? nothing
    : titledNoticeTemplate({ tone: 'error', title: trouble.text, detail: trouble.remedy });
}

/** A fault that the phone has detected: the repair in progress, or what the person can do. */
function findingTemplate({ text, remedy, state, steps, severity }: Finding): TemplateResult {
  const tried = steps.at(-1);
  const detail = state === 'mending' && tried !== undefined ? `${tried.name}…` : remedy;
  const tone = state === 'open' && severity === 'warning' ? 'warning' : tones[state];
  return titledNoticeTemplate({ tone, title: text, detail });
}
