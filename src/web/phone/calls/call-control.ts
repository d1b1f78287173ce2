/* Incoming and outgoing calls: dialling, answering, declining and hanging up. */
import type { CallListener, SipAgent, SipCall } from '../sip/edge';
import { failed, type Outcome } from '../model/call';
import { cause } from '../model/causes';
import { asTyped, type Dial } from '../model/numbers/dialled';
import type { LazyQualityMonitor } from '../quality/lazy-monitor';
import type { HoldControl } from './hold-control';
import type { Lines } from '../lines/lines';
import { takesTones, type Line } from '../model/state';
import type { Store } from '../lines/store';
import { reportedParties } from './other-side';

/** Maximum number of lines; further incoming calls get a busy response. */
const MAX_LINES = 8;

export interface CallControlDeps {
  readonly store: Store;
  readonly lines: Lines;
  readonly holdControl: HoldControl;
  readonly monitor: LazyQualityMonitor;
  readonly now: () => number;
  /** Whether a caller may have the phone answered without ringing. */
  readonly autoAnswer: () => boolean;
  readonly announce: () => void;
  /** What is dialled for a number that a person typed or chose. */
  readonly dialled: Dial;
  agent(): SipAgent | null;
  onAnswered(id: number): void;
  replaced(id: number, call: SipCall): CallListener | null;
  onEnded(line: Line): void;
}

export class CallControl {
  readonly #deps: CallControlDeps;

  constructor(deps: CallControlDeps) {
    this.#deps = deps;
  }

  /** @param part Of a line that the phone dials for a purpose of its own: the number as it stands. */
  dial(typed: string, part: Partial<Line> = {}): void {
    const { store, lines, holdControl } = this.#deps;
    const isRoom = part.conference !== undefined;
    const { number, target, tones, problem } = (isRoom ? asTyped : this.#deps.dialled)(typed);
    const agent = this.#deps.agent();
    if (target === '' || agent === null || lines.all.some(isUnansweredOut)) {
      return;
    }
    if (problem !== '') {
      const remote = { name: '', number };
      this.#endedAtOnce({ direction: 'out', remote }, failed(cause('invalid-number')));
      return;
    }
    const id = lines.reserve();
    const call = agent.call(target, this.listenerOf(id), number);
    lines.add(id, call, { tones, ...(target === number ? {} : { target }), ...part });
    if (!isRoom) {
      holdControl.holdOthers(id);
      store.set({ lastDialled: number + tones });
    }
    store.set({ lastEnded: null });
  }

  incoming(call: SipCall): CallListener | null {
    const { store, lines } = this.#deps;
    if (store.state.doNotDisturb || lines.all.length >= MAX_LINES) {
      this.#rejectAsBusy(call);
      return null;
    }
    const id = lines.reserve();
    const alone = lines.all.length === 0;
    lines.add(id, call, {});
    if (alone) {
      store.set({ lastEnded: null });
      if (call.isIntercom && this.#deps.autoAnswer()) {
        this.#answerCall(id);
        this.#deps.announce();
      }
    }
    return this.listenerOf(id);
  }

  answer(id: number, others: 'hold' | 'end'): void {
    const { lines, holdControl } = this.#deps;
    if (lines.find(id)?.state !== 'ringing' || lines.find(id)?.direction !== 'in') {
      return;
    }
    for (const other of lines.all) {
      if (other.id !== id && (isUnansweredOut(other) || (others === 'end' && isAnswered(other)))) {
        lines.call(other.id)?.hangUp();
      }
    }
    holdControl.holdOthers(id);
    this.#answerCall(id);
  }

  setMuted(id: number, muted: boolean): void {
    const { lines } = this.#deps;
    if (lines.find(id)?.state === 'active') {
      lines.call(id)?.setMuted(muted);
      lines.change(id, { muted });
    }
  }

  sendDigits(id: number, typed: string): void {
    const { lines } = this.#deps;
    const line = lines.find(id);
    const digits = typed.replace(/[^0-9*#,]/g, '');
    if (line !== undefined && takesTones(line) && digits !== '') {
      lines.call(id)?.sendDigits(digits);
      lines.change(id, { digits: line.digits + digits.replaceAll(',', '') });
    }
  }

  sendTones(id: number): void {
    const { lines } = this.#deps;
    const line = lines.find(id);
    if (line?.hold === 'no') {
      const [now = '', ...later] = line.tones.split('w');
      lines.change(id, { tones: later.join('w') });
      this.sendDigits(id, now);
    }
  }

  listenerOf(id: number): CallListener {
    const { lines, now } = this.#deps;
    return {
      progress: ({ ringing, media }) => {
        const line = lines.find(id);
        if (line?.state === 'dialling' || line?.state === 'ringing') {
          const state = ringing ? 'ringing' : line.state;
          lines.change(id, { state, earlyMedia: line.earlyMedia || media });
        }
      },
      answered: () => {
        lines.change(id, { state: 'active', answeredAt: now() });
        this.sendTones(id);
        this.#deps.onAnswered(id);
      },
      replaced: (call) => this.#deps.replaced(id, call),
      moved: (remote) => {
        const line = lines.find(id);
        if (line !== undefined) {
          lines.change(id, reportedParties(line, remote));
        }
      },
      isIntact: () => lines.find(id)?.rescue === 'none',
      trouble: (trouble) => {
        lines.change(id, { trouble });
      },
      ended: (outcome) => {
        // FreeSWITCH ends the old call of a takeover with a BYE, which may arrive before its answer
        // to the new call. The takeover then decides whether the line ends.
        if (lines.find(id)?.rescue !== 'recovering') {
          this.#ended(id, outcome);
        }
      },
    };
  }

  #answerCall(id: number): void {
    const { lines } = this.#deps;
    lines.change(id, { state: 'answering' });
    lines.open(id);
    lines.call(id)?.answer();
  }

  /** Rejects a call as busy without ringing (do not disturb, or too many lines), and reports a
      missed call. */
  #rejectAsBusy(call: SipCall): void {
    call.reject('busy');
    this.#endedAtOnce(call, { kind: 'missed' });
  }

  /** Reports a call that never had a line. */
  #endedAtOnce({ direction, remote }: Pick<Line, 'direction' | 'remote'>, outcome: Outcome): void {
    const { store, now } = this.#deps;
    const ended = { startedAt: now(), seconds: null, quality: null };
    store.set({ lastEnded: { direction, remote, outcome, ...ended } });
  }

  #ended(id: number, outcome: Outcome): void {
    const { lines, now } = this.#deps;
    const line = lines.find(id);
    if (line === undefined) {
      return;
    }
    const { direction, remote, original, startedAt, answeredAt, transfer } = line;
    const seconds = answeredAt === null ? null : Math.floor((now() - answeredAt) / 1000);
    const reported =
      transfer?.state === 'handed-over'
        ? ({ kind: 'handed-over', target: transfer.target } as const)
        : outcome;
    const quality = this.#deps.monitor.finish(id);
    const parties = original === undefined ? { remote } : { remote, original };
    lines.remove(id, { direction, ...parties, outcome: reported, startedAt, seconds, quality });
    this.#deps.onEnded(line);
  }
}

/** An outgoing call that is not answered yet. */
function isUnansweredOut({ direction, state }: Line): boolean {
  return direction === 'out' && (state === 'dialling' || state === 'ringing');
}

function isAnswered({ state }: Line): boolean {
  return state === 'active' || state === 'answering';
}
