/* Calls whose way to the switch broke. Their sound goes on by itself; what is lost is the way of
   their signalling, and FreeSWITCH goes on using the old one: a far hang-up would never arrive.
   So each call is called again, in a way that takes over the old dialog (Replaces, RFC 3891). */
import type { CauseCode } from '../sip/causes';
import type { CallListener, DialogIdentity, Outcome, SipAgent, SipCall } from '../sip/edge';
import { hears } from '../sip/hearing';
import type { Calling } from './calling';
import type { Holding } from './holding';
import type { Lines } from './lines';
import type { Line } from './state';

/** So long may a takeover take, in ms. What answers later is not the old call. */
const PATIENCE = 5_000;

/** FreeSWITCH brings the other side over after it has answered: who hangs up before this, in ms,
    leaves it alone in its call. */
const SETTLE = 1_000;

/** What a switch says that has nothing left to take over, and has found somebody or nobody by the
    name that was called. Any other failure says nothing of the call. */
const GONE: readonly CauseCode[] = [
  'unavailable',
  'not-found',
  'no-answer',
  'refused',
  'declined',
  'busy',
];

/** A call as another page, or this one before it broke, knew it. */
export interface KnownCall {
  readonly line: Line;
  readonly dialog: DialogIdentity;
}

export interface RescueMeans {
  readonly lines: Lines;
  readonly calling: Calling;
  readonly holding: Holding;
  /** Reaches nobody; empty for the other side itself. */
  readonly recoveryUser: string;
  agent(): SipAgent | null;
}

export class Rescue {
  readonly #means: RescueMeans;
  /** Calls that the person ended while nothing could be sent. */
  #farewells: SipCall[] = [];
  /** What is being taken over, by line: it may have to be tried again. */
  readonly #underWay = new Map<number, KnownCall>();

  constructor(means: RescueMeans) {
    this.#means = means;
  }

  /** All calls that are up, as another page could take them over. */
  get known(): readonly KnownCall[] {
    const { lines } = this.#means;
    return this.#alive.flatMap((line) => {
      const dialog = lines.call(line.id)?.dialog ?? this.#underWay.get(line.id)?.dialog;
      return dialog === undefined ? [] : [{ line, dialog }];
    });
  }

  /** The connection to the switch is gone: nothing is sent in a dialog until it is back. */
  lost(): void {
    const { lines } = this.#means;
    for (const line of this.#alive) {
      lines.change(line.id, { rescue: 'reconnecting' });
    }
  }

  /** Registered again: whoever waited for that is called. */
  registered(): void {
    const { lines } = this.#means;
    const farewells = this.#farewells;
    this.#farewells = [];
    for (const call of farewells) {
      call.hangUp();
    }
    for (const line of lines.active.filter(({ rescue }) => rescue === 'reconnecting')) {
      const old = lines.call(line.id) ?? null;
      const dialog = old?.dialog ?? null;
      const known = dialog === null ? this.#underWay.get(line.id) : { line, dialog };
      if (known !== undefined) {
        this.#recover(known, dialog === null ? null : old);
      }
    }
  }

  /** Takes over what another page left behind; to be called once when registered. */
  adopt(known: readonly KnownCall[]): void {
    const { lines } = this.#means;
    for (const { line, dialog } of known) {
      const id = lines.reserve();
      const mine: Line = { ...line, id, rescue: 'recovering', hold: 'no', quality: [] };
      lines.restore(mine);
      this.#recover({ line: { ...mine, hold: line.hold }, dialog }, null);
    }
  }

  /** The other side calls anew in the place of a line's call, which goes on as it was. */
  replaced(id: number, call: SipCall): CallListener {
    const { lines, calling } = this.#means;
    const listener = calling.listenerOf(id);
    let taken = false;
    return {
      ...listener,
      answered: () => {
        const line = lines.find(id);
        if (line === undefined) {
          call.hangUp();
          return;
        }
        taken = true;
        if (call.remote.number !== line.remote.number) {
          lines.change(id, { remote: call.remote });
        }
        lines.call(id)?.retire();
        this.#exchange(line, call);
      },
      ended: (outcome) => {
        if (taken) {
          listener.ended(outcome);
        }
      },
    };
  }

  /** Ends a line while nothing can be sent in its dialog; whether it is such a one. */
  endLater(id: number): boolean {
    const { lines, calling } = this.#means;
    const line = lines.find(id);
    const call = lines.call(id);
    if (line === undefined || line.rescue === 'none') {
      return false;
    }
    call?.silence();
    if (call !== undefined && line.rescue === 'reconnecting') {
      this.#farewells.push(call);
    }
    lines.change(id, { rescue: 'none' });
    calling.listenerOf(id).ended({ kind: 'normal' });
    return true;
  }

  /** Takes over a call whose dialog is well, for another leg in the switch and another connection
      here; whether that was done. If not, the call goes on as it was. */
  renew(id: number): Promise<boolean> {
    const { lines } = this.#means;
    const line = lines.find(id);
    const old = lines.call(id);
    const dialog = old?.dialog ?? null;
    return new Promise((told) => {
      if (line?.rescue !== 'none' || old === undefined || dialog === null) {
        told(false);
      } else {
        this.#recover({ line, dialog }, old, told);
      }
    });
  }

  clear(): void {
    this.#farewells = [];
    this.#underWay.clear();
  }

  /** @param told Given for a call that was well: it goes on if it is not taken over. */
  #recover(known: KnownCall, old: SipCall | null, told?: (taken: boolean) => void): void {
    const { lines, calling } = this.#means;
    const { id } = known.line;
    lines.change(id, { rescue: 'recovering' });
    this.#underWay.set(id, known);
    const listener = calling.listenerOf(id);
    let taken = false;
    const call = this.#takeOver(known, {
      ...listener,
      // It is not a call that somebody made: there is nothing to hear of its way.
      progress: () => undefined,
      answered: () => {
        window.clearTimeout(latest);
        taken = true;
        this.#taken(known, call, old);
        told?.(true);
      },
      ended: (outcome) => {
        window.clearTimeout(latest);
        if (taken) {
          listener.ended(outcome);
        } else {
          void this.#missed(id, old, told === undefined ? outcome : null);
          told?.(false);
        }
      },
    });
    const latest = window.setTimeout(() => call?.hangUp(), PATIENCE);
    if (call !== null && old === null) {
      lines.replaceCall(id, call);
    }
  }

  /** The switch has moved the call here: it goes on as it was. */
  #taken({ line }: KnownCall, call: SipCall | null, old: SipCall | null): void {
    const now = this.#means.lines.find(line.id);
    if (call === null || now === undefined) {
      // Ended by the person meanwhile.
      window.setTimeout(() => call?.hangUp(), SETTLE);
      old?.drop();
      return;
    }
    this.#underWay.delete(line.id);
    old?.drop();
    this.#exchange({ ...now, hold: line.hold }, call);
  }

  /** Puts a new call, which nobody has muted or held, in the place of one that was like `line`. */
  #exchange({ id, muted, hold }: Line, call: SipCall): void {
    const { lines, holding } = this.#means;
    lines.replaceCall(id, call);
    lines.change(id, { rescue: 'none', hold: 'no', trouble: null });
    if (muted) {
      call.setMuted(true);
    }
    holding.recovered(id, hold === 'held' || hold === 'holding');
  }

  /** All that are up, but for those that could not be saved. */
  get #alive(): readonly Line[] {
    return this.#means.lines.active.filter(({ rescue }) => rescue !== 'lost');
  }

  /** The takeover failed: either the call has ended meanwhile, or it cannot be taken over.
      @param outcome What became of the takeover; null if the call was well before. */
  async #missed(id: number, old: SipCall | null, outcome: Outcome | null): Promise<void> {
    const { lines, calling } = this.#means;
    if (lines.find(id)?.rescue === 'reconnecting') {
      return; // cut again meanwhile: its turn comes again
    }
    this.#underWay.delete(id);
    const connection = old?.connection ?? null;
    const isUp =
      connection !== null &&
      (outcome === null ? connection.signalingState !== 'closed' : await hears(connection, 1_000));
    if (isUp) {
      lines.change(id, { rescue: 'none' });
      return;
    }
    if (outcome?.kind === 'failed' && !GONE.includes(outcome.cause.code)) {
      old?.retire();
      old?.hangUp();
      lines.change(id, { rescue: 'lost' });
      return;
    }
    lines.change(id, { rescue: 'none' });
    old?.hangUp();
    calling.listenerOf(id).ended({ kind: 'normal' });
  }

  #takeOver({ line, dialog }: KnownCall, listener: CallListener): SipCall | null {
    const { recoveryUser } = this.#means;
    const target = recoveryUser === '' ? line.remote.number : recoveryUser;
    return this.#means.agent()?.takeOver(target, dialog, line.remote, listener) ?? null;
  }
}
