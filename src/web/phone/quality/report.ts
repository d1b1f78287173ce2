/* A report of a call for the administrator: its figures, its faults and what helped. It names the
   other side only if the person allows that, and never contains a Call-ID or a password. Its form
   is the schema `Report` of our server's phone API. */
import type { Finding, Line, RepairAttempt, Quality } from '../model/state';

interface ReportStep {
  /** Seconds since the call began. */
  readonly at: number;
  readonly name: string;
  readonly result: 'ok' | 'warning' | 'fault' | 'info';
  readonly detail: string;
}

export interface PhoneReport {
  readonly kind: 'call' | 'test';
  readonly summary: string;
  readonly cause?: string;
  readonly number?: string;
  readonly startedAt: number;
  readonly seconds: number;
  readonly browser: string;
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  readonly steps: readonly ReportStep[];
  readonly quality: readonly (Quality & { readonly at: number })[];
}

export interface ReportOptions {
  /** Milliseconds since 1970. */
  readonly now: number;
  /** The user agent string. */
  readonly browser: string;
  readonly withNumber: boolean;
}

/** The server's limits for the length of a text and the number of steps. */
const MAX_TEXT = 300;
const MAX_NAME = 100;
const MAX_STEPS = 100;

const results: Readonly<Record<RepairAttempt['result'], ReportStep['result']>> = {
  helped: 'ok',
  vain: 'warning',
  trying: 'info',
};

export function callReport(line: Line, { now, browser, withNumber }: ReportOptions): PhoneReport {
  const { remote, findings, startedAt, trouble } = line;
  const present = findings.find(({ state }) => state === 'open' || state === 'mending');
  const wrong = present ?? trouble;
  const clean = (text: string, most = MAX_TEXT): string =>
    (withNumber ? text : without(text, [remote.name, remote.number])).slice(0, most);
  const steps = findings.flatMap((finding) => stepsOf(finding, startedAt));
  return {
    kind: 'call',
    summary: clean(wrong?.text ?? 'A call, reported by its user'),
    ...(wrong === null ? {} : { cause: clean(wrong.remedy) }),
    ...(withNumber ? { number: remote.number.slice(0, 64) } : {}),
    startedAt,
    seconds: secondsFrom(startedAt, now),
    browser: browser.slice(0, MAX_TEXT),
    facts: factsOf(line),
    steps: steps.slice(-MAX_STEPS).map((step) => ({
      ...step,
      name: clean(step.name, MAX_NAME),
      detail: clean(step.detail),
    })),
    quality: line.quality.map((one, index) => ({
      ...one,
      at: Math.max(0, secondsFrom(startedAt, now) - (line.quality.length - 1 - index)),
    })),
  };
}

function factsOf({ direction, state, hold, muted, rescue, flows }: Line): PhoneReport['facts'] {
  const facts = {
    Direction: direction === 'in' ? 'incoming' : 'outgoing',
    State: state,
    Hold: hold,
    Muted: muted ? 'yes' : 'no',
    Rescue: rescue,
    Sending: flows?.sending ?? 'unknown',
    Receiving: flows?.receiving ?? 'unknown',
    Playing: { true: 'yes', false: 'no', null: 'unknown' }[`${flows?.playing ?? null}`],
    Route: flows?.route ?? 'unknown',
  };
  return Object.entries(facts).map(([name, value]) => ({ name, value: value.slice(0, MAX_TEXT) }));
}

function stepsOf(finding: Finding, startedAt: number): ReportStep[] {
  const { fault, text, remedy, steps } = finding;
  const seconds = secondsFrom(startedAt, finding.at);
  return [
    { at: seconds, name: fault, result: 'fault', detail: text === fault ? remedy : '' },
    ...steps.map(({ name, result }) => ({
      at: seconds,
      name,
      result: results[result],
      detail: '',
    })),
    ...(text === fault ? [] : [{ at: seconds, name: text, result: 'ok', detail: remedy } as const]),
  ];
}

function secondsFrom(start: number, end: number): number {
  return Math.max(0, Math.round((end - start) / 1000));
}

function without(text: string, secrets: readonly string[]): string {
  return secrets
    .filter((secret) => secret !== '')
    .reduce((rest, secret) => rest.replaceAll(secret, '…'), text);
}
