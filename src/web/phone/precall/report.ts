/* A report of the test for the administrator. Its form is the schema `Report` of our server's
   phone API. */
import type { PhoneReport } from '../quality/report';
import type { CheckResult } from './check-result';

/** The server's limit for the length of a text. */
const MAX_TEXT = 300;

export type FinishedCheck = CheckResult & {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly at: number;
};

export function precallReport(
  finished: readonly FinishedCheck[],
  startedAt: number,
  browser: string,
): PhoneReport {
  const named = (wanted: CheckResult['result']): string =>
    finished
      .filter(({ result }) => result === wanted)
      .map(({ name }) => name)
      .join(', ');
  const groups = [
    ['faults', named('fault')],
    ['warnings', named('warning')],
  ].filter(([, names]) => names !== '');
  const seconds = (at: number): number => Math.max(0, (at - startedAt) / 1000);
  return {
    kind: 'test',
    summary: (groups.length === 0
      ? 'All is well'
      : groups.map(([what, names]) => `${what}: ${names}`).join('; ')
    ).slice(0, MAX_TEXT),
    startedAt,
    seconds: Math.round(seconds(finished.at(-1)?.at ?? startedAt)),
    browser: browser.slice(0, MAX_TEXT),
    facts: [],
    steps: finished.map(({ name, result, text, at }) => ({
      at: seconds(at),
      name,
      result,
      detail: text.slice(0, MAX_TEXT),
    })),
    quality: [],
  };
}
