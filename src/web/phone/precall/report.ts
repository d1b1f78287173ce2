/* A report of the test for the administrator. Its form is the schema `Report` of our server's
   phone API. */
import type { Report } from '../quality/report';
import type { Verdict } from './check-result';

/** The most that the server takes of a text. */
const TEXT = 300;

export type Finished = Verdict & {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly at: number;
};

export function testReport(
  finished: readonly Finished[],
  startedAt: number,
  browser: string,
): Report {
  const named = (wanted: Verdict['result']): string =>
    finished
      .filter(({ result }) => result === wanted)
      .map(({ name }) => name)
      .join(', ');
  const told = [
    ['faults', named('fault')],
    ['warnings', named('warning')],
  ].filter(([, names]) => names !== '');
  const seconds = (at: number): number => Math.max(0, (at - startedAt) / 1000);
  return {
    kind: 'test',
    summary: (told.length === 0
      ? 'All is well'
      : told.map(([what, names]) => `${what}: ${names}`).join('; ')
    ).slice(0, TEXT),
    startedAt,
    seconds: Math.round(seconds(finished.at(-1)?.at ?? startedAt)),
    browser: browser.slice(0, TEXT),
    facts: [],
    steps: finished.map(({ name, result, text, at }) => ({
      at: seconds(at),
      name,
      result,
      detail: text.slice(0, TEXT),
    })),
    quality: [],
  };
}
