/* Writes down what becomes of calls. It listens to the phone of the tab that has them, so each
   call is written once, however many tabs are open. */
import type { EndedCall, Finding, Line, PhoneState } from '../model/state';
import type { NewCall, PastFault } from './history';

export interface RecordedPhone {
  readonly state: Pick<PhoneState, 'lines' | 'lastEnded'>;
  subscribe(observer: () => void): () => void;
}

export function recordCalls(
  phone: RecordedPhone,
  write: (call: NewCall) => void,
  now: () => number = Date.now,
): void {
  let { lines, lastEnded } = phone.state;
  phone.subscribe(() => {
    const { state } = phone;
    const gone = lines.filter((line) => !state.lines.some(({ id }) => id === line.id));
    for (const line of gone) {
      write(pastCall(line, state.lastEnded, now()));
    }
    // Turned away without a ring (do not disturb): there never was a line.
    if (gone.length === 0 && state.lastEnded !== null && state.lastEnded !== lastEnded) {
      write(written(state.lastEnded));
    }
    ({ lines, lastEnded } = state);
  });
}

function pastCall(line: Line, ended: PhoneState['lastEnded'], now: number): NewCall {
  const { direction, remote, startedAt, answeredAt } = line;
  const faults = faultsOf(line.findings);
  const common = { direction, remote, startedAt };
  // Without a last word the phone was unregistered under the call.
  if (ended?.startedAt !== startedAt || ended.remote.number !== remote.number) {
    const seconds = answeredAt === null ? null : Math.floor((now - answeredAt) / 1000);
    return {
      ...common,
      outcome: 'normal',
      cause: '',
      seconds,
      quality: line.quality.at(-1) ?? null,
      faults,
    };
  }
  return { ...written(ended), faults };
}

/** Each once, with what helped in the end. */
function faultsOf(findings: readonly Finding[]): readonly PastFault[] {
  const last = new Map(findings.map((finding) => [finding.code, finding]));
  return [...last.values()].map(({ fault, steps }) => ({
    text: fault,
    helped: steps.find(({ result }) => result === 'helped')?.name ?? '',
  }));
}

function written({ direction, remote, startedAt, outcome, seconds, quality }: EndedCall): NewCall {
  const cause = outcome.kind === 'failed' ? outcome.cause.text : '';
  return { direction, remote, startedAt, outcome: outcome.kind, cause, seconds, quality };
}
