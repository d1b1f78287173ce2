/* Blind and attended transfer. The result is the switch's answer to the REFER. It is not the
   target's answer, and is never shown as one. */
import type { SipCall } from '../sip/edge';
import type { Remote } from '../model/call';
import { cause, type Cause } from '../model/causes';
import type { Dial } from '../model/numbers/dialled';
import type { HoldControl } from './hold-control';
import type { Lines } from '../lines/lines';
import type { Line } from '../model/state';

/** Limit after which the phone ends a transferred call itself, in ms. The switch normally does,
    sometimes only after seconds (FreeSWITCH: 1.9 s for an incoming call). */
const HANGUP_DELAY_MS = 4000;

export type DialLine = (typed: string, part: Partial<Line>) => void;

export class Transfers {
  readonly #lines: Lines;
  readonly #holdControl: HoldControl;
  readonly #dial: DialLine;
  readonly #dialled: Dial;

  constructor(lines: Lines, holdControl: HoldControl, dial: DialLine, dialled: Dial) {
    this.#lines = lines;
    this.#holdControl = holdControl;
    this.#dial = dial;
    this.#dialled = dialled;
  }

  /** Tones of a number cannot be sent by who answers. */
  blind(id: number, typed: string): void {
    const { number, target, problem } = this.#dialled(typed);
    if (target !== '') {
      void this.handOver(id, { name: '', number }, (call) =>
        problem === '' ? call.transfer(target) : Promise.resolve(cause('invalid-number')),
      );
    }
  }

  consult(id: number, number: string): void {
    if (this.#lines.find(id)?.state === 'active' && number.trim() !== '') {
      this.#holdControl.want(id, true);
      this.#dial(number, { consults: id });
    }
  }

  complete(id: number, to: number): void {
    const target = this.#lines.find(to);
    const call = this.#lines.call(to);
    if (target === undefined || call === undefined || id === to) {
      return;
    }
    if (target.state === 'active') {
      void this.#connect(id, target, call);
    } else if (target.direction === 'out') {
      // Without a dialog to replace, a blind transfer lets the target ring for the other side.
      this.#lines.change(to, { consults: null });
      call.hangUp();
      this.blind(id, (target.original ?? target.remote).number);
    }
  }

  cancel(id: number): void {
    const original = this.#lines.find(id)?.consults ?? id;
    const line = this.#lines.find(original);
    if (line === undefined || line.transfer?.state === 'handed-over') {
      return;
    }
    this.#lines.change(original, { transfer: null });
    for (const consultation of this.#consultationsOf(original)) {
      this.#lines.call(consultation.id)?.hangUp();
    }
    this.#holdControl.switchTo(original);
  }

  /** Sends the REFER that `ask` creates, and shows its progress; returns whether it was accepted. */
  async handOver(
    id: number,
    target: Remote,
    ask: (call: SipCall) => Promise<Cause | null>,
  ): Promise<boolean> {
    const line = this.#lines.find(id);
    const call = this.#lines.call(id);
    if (line?.state !== 'active' || call === undefined || isTransferring(line)) {
      return false;
    }
    this.#lines.change(id, { transfer: { state: 'requested', target } });
    const refused = await ask(call);
    if (refused !== null) {
      this.#lines.change(id, { transfer: { state: 'failed', target, cause: refused } });
      return false;
    }
    this.#handedOver(id, target, call);
    return true;
  }

  /** A line is gone: consultations for it become ordinary lines, and the line for which it was the
      consultation is resumed. */
  onLineEnded(line: Line): void {
    for (const consultation of this.#consultationsOf(line.id)) {
      this.#lines.change(consultation.id, { consults: null });
    }
    const original = line.consults === null ? undefined : this.#lines.find(line.consults);
    if (original !== undefined && !isTransferring(original) && this.#lines.active.length === 1) {
      this.#holdControl.switchTo(original.id);
    }
  }

  async #connect(id: number, target: Line, call: SipCall): Promise<void> {
    const line = this.#lines.find(id);
    const accepted = await this.handOver(id, target.remote, (from) => from.transferTo(call));
    if (accepted && line !== undefined) {
      this.#handedOver(target.id, line.remote, call);
    }
  }

  #handedOver(id: number, target: Remote, call: SipCall): void {
    this.#lines.change(id, { transfer: { state: 'handed-over', target } });
    window.setTimeout(() => {
      call.hangUp();
    }, HANGUP_DELAY_MS);
  }

  #consultationsOf(id: number): readonly Line[] {
    return this.#lines.all.filter((line) => line.consults === id);
  }
}

function isTransferring({ transfer }: Line): boolean {
  return transfer !== null && transfer.state !== 'failed';
}
