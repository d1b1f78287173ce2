/* The check of the media path, by a call to an echo number, which plays back the caller's audio. */
import type { Commands } from '../model/commands';
import type { EndedCall, Line, PhoneState } from '../model/state';
import { gradeOfMos } from '../quality/voice-quality';
import { fault, ok, warning, type CheckResult } from './check-result';

/** Timeout of the answer, and of the measurement, in ms. */
const ANSWER_TIMEOUT_MS = 15_000;
const LISTEN_TIMEOUT_MS = 8_000;
/** Number of quality samples, one per second, that the result needs. */
const MIN_FIGURES = 4;

export interface EchoPhone extends Pick<Commands, 'call' | 'hangUp' | 'dismiss'> {
  readonly state: PhoneState;
  subscribe(observer: () => void): () => void;
}

export async function checkEcho(phone: EchoPhone, number: string): Promise<CheckResult> {
  if (phone.state.lines.length > 0) {
    return warning('Not tried: a call is up.');
  }
  if (phone.state.registration.state !== 'registered') {
    return warning('Not tried: the phone is not registered.');
  }
  if (number === '') {
    return warning('Not tried: no echo number is set (sipapp.phone.echo_number).');
  }
  const before = phone.state.lastEnded;
  phone.call(number);
  try {
    const isSettled = await until(phone, ANSWER_TIMEOUT_MS, settling(before));
    const line = phone.state.lines[0];
    if (line === undefined) {
      return refused(number, phone.state.lastEnded, before);
    }
    if (!isSettled) {
      return fault(
        `${number} does not answer. Ask your administrator whether it is the echo number.`,
      );
    }
    await until(
      phone,
      LISTEN_TIMEOUT_MS,
      ({ lines }) => (lines[0]?.quality.length ?? MIN_FIGURES) >= MIN_FIGURES,
    );
    return heard(phone.state.lines[0] ?? null);
  } finally {
    const [line] = phone.state.lines;
    if (line !== undefined) {
      phone.hangUp(line.id);
    }
    phone.dismiss();
  }
}

/** Whether the call was answered or has ended. In another tab it starts after a moment. */
function settling(before: EndedCall | null): (state: PhoneState) => boolean {
  let began = false;
  return ({ lines, lastEnded }) => {
    const [line] = lines;
    began ||= line !== undefined;
    return line === undefined
      ? began || (lastEnded !== null && lastEnded !== before)
      : line.state !== 'dialling' && line.state !== 'ringing';
  };
}

function refused(number: string, ended: EndedCall | null, before: EndedCall | null): CheckResult {
  return ended !== null && ended !== before && ended.outcome.kind === 'failed'
    ? fault(`${number}: ${ended.outcome.cause.text}. ${ended.outcome.cause.remedy}`)
    : fault(
        `The call to ${number} ended at once. Ask your administrator whether it is the echo number.`,
      );
}

function heard(line: Line | null): CheckResult {
  if (line === null) {
    return fault('The call ended before its sound was measured.');
  }
  const finding = line.findings.find(({ state }) => state === 'mending' || state === 'open');
  if (finding !== undefined) {
    return fault(`${finding.fault}. ${finding.remedy}`);
  }
  const quality = line.quality.at(-1);
  if (quality === undefined) {
    return fault(
      'Nothing comes back. A firewall may block the sound (UDP), or the server refuses this network.',
    );
  }
  const { mos, loss, roundTrip, codec } = quality;
  const figures = [
    roundTrip === null ? '' : `round trip ${Math.round(roundTrip)} ms`,
    `loss ${(loss * 100).toFixed(1)} %`,
    `MOS ${mos.toFixed(1)}`,
    codec,
    line.flows?.route ?? '',
  ].filter((figure) => figure !== '');
  const text = figures.join(', ');
  const grade = gradeOfMos(mos);
  if (grade === 'good') {
    return ok(`Sound goes there and back: ${text}.`);
  }
  const remedy = 'The network loses or delays packets: try a cable in the place of Wi-Fi.';
  return grade === 'fair' ? warning(`Fair: ${text}. ${remedy}`) : fault(`Poor: ${text}. ${remedy}`);
}

/** Resolves with whether the condition became true in that time. */
function until(
  phone: EchoPhone,
  milliseconds: number,
  holds: (state: PhoneState) => boolean,
): Promise<boolean> {
  return new Promise((resolve) => {
    const done = (did: boolean): void => {
      window.clearTimeout(latest);
      end();
      resolve(did);
    };
    const latest = window.setTimeout(done, milliseconds, false);
    const end = phone.subscribe(() => {
      if (holds(phone.state)) {
        done(true);
      }
    });
    if (holds(phone.state)) {
      done(true);
    }
  });
}
