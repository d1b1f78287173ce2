/* Records ended calls in the history. It observes the phone in the tab of the calls, so each call
   is recorded once, however many tabs are open. */
import type { EndedCall, Finding, Line, PhoneState } from '../model/state';
import type { NewCall, PastFault } from './history';

export interface PhoneWithCalls {
  readonly state: Pick<PhoneState, 'lines' | 'lastEnded'>;
  subscribe(observer: () => void): () => void;
}

export function recordCalls(
  phone: PhoneWithCalls,
  record: (call: NewCall) => void,
  now: () => number = Date.now,
): void {
  let { lines, lastEnded } = phone.state;
  phone.subscribe(() => {
    const { state } = phone;
    const ended = lines.filter((line) => !state.lines.some(({ id }) => id === line.id));
    for (const line of ended) {
      record(pastCall(line, state.lastEnded, now()));
    }
    // A call rejected without ringing (do not disturb) had no line.
    if (ended.length === 0 && state.lastEnded !== null && state.lastEnded !== lastEnded) {
      record(recordOf(state.lastEnded));
    }
    ({ lines, lastEnded } = state);
  });
}

function pastCall(line: Line, ended: PhoneState['lastEnded'], now: number): NewCall {
  const { direction, remote, original, startedAt, answeredAt } = line;
  const faults = faultsOf(line.findings);
  const common = { direction, remote, startedAt, ...(original && { original }) };
  // No ended call matches: the phone was unregistered during the call.
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
  return { ...recordOf(ended), faults };
}

/** Each fault once, with the repair that helped. */
function faultsOf(findings: readonly Finding[]): readonly PastFault[] {
  const last = new Map(findings.map((finding) => [finding.code, finding]));
  return [...last.values()].map(({ fault, steps }) => ({
    text: fault,
    helped: steps.find(({ result }) => result === 'helped')?.name ?? '',
  }));
}

function recordOf({ outcome, ...call }: EndedCall): NewCall {
  const cause = outcome.kind === 'failed' ? outcome.cause.text : '';
  return { ...call, outcome: outcome.kind, cause };
}
