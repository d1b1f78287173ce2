/* Rescue of calls whose connection to the switch broke. Their audio goes on by itself; the
   signalling is lost, and FreeSWITCH keeps using the old connection, so that a hang-up of the far
   side would never arrive. So each call is taken over (Replaces, RFC 3891). */
import { failed, type Outcome } from '../model/call';
import { cause } from '../model/causes';
import type { CallListener, DialogIdentity, SipAgent, SipCall } from '../sip/edge';
import { receivesAudio } from '../sip/audio-arrival';
import type { Lines } from '../lines/lines';
import { AudioWatch } from './audio-watch';
import type { Line } from '../model/state';
import { Takeover, type TakeoverFailure } from './takeover';
import { takeoverDelayMs } from './takeover-delay';

/** Delay before a call that was just taken over is hung up, in ms. FreeSWITCH connects the other side
    after its answer; an earlier hang-up would leave that side alone in the call. */
const HANGUP_DELAY_MS = 1_000;

/** Delay before a takeover is retried after the other side has cancelled its own, in ms. */
const RETRY_DELAY_MS = 500;

/** A call as another page, or this page before the connection broke, knew it. */
export interface KnownCall {
  readonly line: Line;
  readonly dialog: DialogIdentity;
  /** Further dialogs that the other side may have, if a takeover was under way. */
  readonly others?: readonly DialogIdentity[];
}

export interface RescueDeps {
  readonly lines: Lines;
  /** Number without an extension, for taking calls over; empty to call the other side itself. */
  readonly recoveryUser: string;
  agent(): SipAgent | null;
  /** The listener for the events of a line's call. */
  listenerOf(id: number): CallListener;
  /** Restores the hold of a line whose call was replaced by a new one, which is not held. */
  restoreHold(id: number, held: boolean): void;
}

/** The rescue of one call. */
interface RescueCase {
  readonly takeover: Takeover;
  /** The line before the rescue: held, muted. */
  readonly line: Line;
  /** The calls that carry the audio until the new call does, the newest last. */
  former: readonly SipCall[];
  /** Functions that end the placeholders for dialogs of another page. */
  readonly placeholders: readonly (() => void)[];
  /** Set for a call with an intact dialog, which goes on if the takeover fails. */
  onDone: ((taken: boolean) => void) | null;
  /** Whether a takeover was ended at once: then the former dialog may be gone. */
  wasUndone: boolean;
}

export class CallRescue {
  readonly #deps: RescueDeps;
  /** Calls that the person ended while no BYE could be sent. */
  #pendingHangups: SipCall[] = [];
  readonly #cases = new Map<number, RescueCase>();
  readonly #audioWatch: AudioWatch;
  /** Whether a call received no packets before the connection was lost. */
  readonly #wasSilentBefore = new Map<number, boolean>();

  constructor(deps: RescueDeps) {
    this.#deps = deps;
    this.#audioWatch = new AudioWatch(deps.lines, (id) => {
      this.#giveUp(id, this.#isEndToEnd ? { kind: 'gone' } : failed(cause('server-lost-call')));
    });
  }

  /** All calls that are up, as another page could take them over. */
  get knownCalls(): readonly KnownCall[] {
    const { lines } = this.#deps;
    return lines.active.flatMap((line) => {
      const own = lines.call(line.id)?.dialog ?? null;
      const [dialog, ...others] =
        this.#cases.get(line.id)?.takeover.dialogs ?? (own === null ? [] : [own]);
      return dialog === undefined ? [] : [{ line, dialog, others }];
    });
  }

  /** The connection to the switch is lost: no request is sent in a dialog until it is back. */
  onConnectionLost(): void {
    const { lines } = this.#deps;
    for (const [id, rescueCase] of this.#cases) {
      const call = lines.call(id);
      if (call !== undefined && rescueCase.takeover.isConfirming) {
        rescueCase.former = [...rescueCase.former, call];
      }
      rescueCase.takeover.onConnectionLost();
      rescueCase.onDone?.(false);
      rescueCase.onDone = null;
    }
    for (const { id, flows } of lines.active) {
      if (flows !== null) {
        this.#wasSilentBefore.set(id, flows.receiving === 'nothing');
      }
      lines.change(id, { rescue: 'reconnecting' });
      this.#audioWatch.start(id);
    }
  }

  /** Registered again: starts the takeovers. */
  onRegistered(): void {
    const { lines } = this.#deps;
    const pendingHangups = this.#pendingHangups;
    this.#pendingHangups = [];
    for (const call of pendingHangups) {
      call.hangUp();
    }
    for (const line of lines.active.filter(({ rescue }) => rescue === 'reconnecting')) {
      if (!this.#cases.has(line.id)) {
        this.#openActive(line);
      }
      lines.change(line.id, { rescue: 'recovering' });
    }
    for (const [id, { takeover, line }] of this.#cases) {
      // After a change of network the connection may be back before the audio was measured.
      const reason = (lines.find(id)?.heard ?? null) === null ? 'alone' : 'cut';
      takeover.start(takeoverDelayMs(line, reason, this.#isHeldByOther(id)));
    }
  }

  /** Takes over the calls that another page left behind; to be called once, after the registration. */
  adopt(known: readonly KnownCall[]): void {
    const { lines } = this.#deps;
    for (const { line, dialog, others = [] } of known) {
      const id = lines.reserve();
      const restored: Line = { ...line, id, rescue: 'recovering', heard: null, quality: [] };
      lines.restore({ ...restored, hold: 'no' });
      const { takeover } = this.#open(restored, [dialog, ...others], {});
      const isHeld = line.flows?.receiving === 'nothing';
      takeover.start(takeoverDelayMs(line, 'page loaded again', isHeld));
    }
  }

  /** The other side replaces a line's call with a new one; the line continues with that. */
  replaced(id: number, call: SipCall): CallListener | null {
    const { lines } = this.#deps;
    const rescueCase = this.#cases.get(id);
    if (rescueCase?.takeover.refuses(call) === true) {
      return null;
    }
    rescueCase?.takeover.yield();
    let takeover: Takeover | null = null;
    return {
      ...this.#deps.listenerOf(id),
      answered: () => {
        const line = lines.find(id);
        if (line === undefined) {
          call.hangUp();
          return;
        }
        this.#deps.listenerOf(id).moved(call.remote);
        takeover = (this.#cases.get(id) ?? this.#openActive(lines.find(id) ?? line)).takeover;
        takeover.accept(call);
      },
      ended: (outcome) => {
        if (takeover === null) {
          rescueCase?.takeover.start(RETRY_DELAY_MS);
        } else {
          takeover.onEnded(call, outcome);
        }
      },
    };
  }

  /** Ends a line whose dialog cannot get a BYE now; returns whether that was the case. */
  hangUpLater(id: number): boolean {
    const { lines } = this.#deps;
    const line = lines.find(id);
    const call = lines.call(id);
    const rescueCase = this.#cases.get(id);
    if (line === undefined || (line.rescue === 'none' && rescueCase === undefined)) {
      return false;
    }
    for (const each of new Set([call, ...(rescueCase?.former ?? [])])) {
      each?.closeMedia();
    }
    if (call !== undefined && rescueCase === undefined) {
      this.#pendingHangups.push(call);
    }
    if (rescueCase?.takeover.isConfirming === true) {
      window.setTimeout(() => call?.hangUp(), HANGUP_DELAY_MS);
      this.#close(id);
    }
    lines.change(id, { rescue: 'none' });
    this.#deps.listenerOf(id).ended({ kind: 'normal' });
    return true;
  }

  /** Takes over a call whose dialog is intact, to get another leg in the switch and another
      connection here; returns whether that was done. If not, the call goes on as it was. */
  renew(id: number): Promise<boolean> {
    const { lines } = this.#deps;
    const line = lines.find(id);
    return new Promise((onDone) => {
      if (line?.rescue !== 'none' || line.state !== 'active' || this.#cases.has(id)) {
        onDone(false);
      } else {
        lines.change(id, { rescue: 'recovering' });
        const { takeover } = this.#openActive(line, onDone);
        takeover.start(takeoverDelayMs(line, 'alone', false));
      }
    });
  }

  clear(): void {
    this.#pendingHangups = [];
    for (const id of [...this.#cases.keys()]) {
      this.#keepFormerCall(id);
    }
  }

  #isHeldByOther(id: number): boolean {
    return (
      this.#deps.lines.call(id)?.isHeldByOther === true || this.#wasSilentBefore.get(id) === true
    );
  }

  /** Whether the other side's phone answers a takeover itself, without a switch between. */
  get #isEndToEnd(): boolean {
    return this.#deps.recoveryUser === '';
  }

  /** Opens the rescue of a call that is up in this page. */
  #openActive(line: Line, onDone: RescueCase['onDone'] = null): RescueCase {
    const call = this.#deps.lines.call(line.id);
    const dialog = call?.dialog ?? null;
    const former = call === undefined ? [] : [call];
    return this.#open(line, dialog === null ? [] : [dialog], { former, onDone });
  }

  #open(
    line: Line,
    dialogs: readonly DialogIdentity[],
    { former = [], onDone = null }: Partial<Pick<RescueCase, 'former' | 'onDone'>>,
  ): RescueCase {
    const { id, remote } = line;
    const endToEnd = this.#isEndToEnd;
    const rescueCase: RescueCase = {
      line,
      former,
      wasUndone: false,
      onDone,
      placeholders: former.length > 0 ? [] : this.#holdDialogs(id, dialogs),
      takeover: new Takeover(dialogs, {
        target: endToEnd ? (line.target ?? remote.number) : this.#deps.recoveryUser,
        remote,
        endToEnd,
        listener: this.#deps.listenerOf(id),
        agent: () => this.#deps.agent(),
        isIntact: () => rescueCase.onDone !== null,
        onTakenOver: (call) => {
          this.#onTakenOver(id, call);
        },
        onUndone: () => this.#onUndone(id),
        onConfirmed: () => {
          this.#close(id);
        },
        onFailed: (failure) => {
          void this.#onFailed(id, failure);
        },
      }),
    };
    this.#cases.set(id, rescueCase);
    return rescueCase;
  }

  #holdDialogs(id: number, dialogs: readonly DialogIdentity[]): (() => void)[] {
    const agent = this.#deps.agent();
    return dialogs.flatMap((dialog) => {
      const end = agent?.holdDialog(dialog, {
        replaced: (call) => this.replaced(id, call),
        ended: (outcome) => {
          this.#giveUp(id, outcome);
        },
      });
      return end === undefined ? [] : [end];
    });
  }

  /** Ends the rescue of a call, and discards its former sessions. */
  #close(id: number): void {
    const rescueCase = this.#cases.get(id);
    this.#cases.delete(id);
    rescueCase?.onDone?.(false);
    rescueCase?.takeover.stop();
    for (const end of rescueCase?.placeholders ?? []) {
      end();
    }
    for (const call of rescueCase?.former ?? []) {
      call.discard();
    }
  }

  /** The switch has moved the call here: restores the state of its line. */
  #onTakenOver(id: number, call: SipCall): void {
    const { lines } = this.#deps;
    const now = lines.find(id);
    const rescueCase = this.#cases.get(id);
    if (rescueCase === undefined || now === undefined) {
      // The person has ended the call meanwhile.
      window.setTimeout(() => {
        call.hangUp();
      }, HANGUP_DELAY_MS);
      this.#close(id);
      return;
    }
    for (const each of rescueCase.former) {
      each.detach();
    }
    this.#replaceCall({ ...now, hold: rescueCase.line.hold }, call);
    rescueCase.onDone?.(true);
  }

  /** The new call was ended at once; the audio of the former call goes on. */
  #onUndone(id: number): boolean {
    const { lines } = this.#deps;
    const rescueCase = this.#cases.get(id);
    // A call that is being transferred is ended by the switch.
    if (rescueCase === undefined || lines.find(id)?.transfer !== null) {
      this.#close(id);
      return false;
    }
    rescueCase.wasUndone = true;
    lines.change(id, { rescue: 'recovering' });
    const former = rescueCase.former.at(-1);
    if (former !== undefined) {
      lines.replaceCall(id, former);
    }
    return true;
  }

  /** Replaces the call of a line with a new one, and restores mute and hold from `line`. */
  #replaceCall({ id, muted, hold }: Line, call: SipCall): void {
    const { lines } = this.#deps;
    lines.replaceCall(id, call);
    lines.change(id, { rescue: 'none', hold: 'no', trouble: null, heard: null });
    if (muted) {
      call.setMuted(true);
    }
    this.#deps.restoreHold(id, hold === 'held' || hold === 'holding');
  }

  /** The takeover failed: either the call has ended meanwhile, or it cannot be taken over. */
  async #onFailed(id: number, failure: TakeoverFailure): Promise<void> {
    const { lines } = this.#deps;
    const rescueCase = this.#cases.get(id);
    if (rescueCase === undefined) {
      return;
    }
    const connection = rescueCase.former.at(-1)?.connection ?? null;
    const wasIntact = rescueCase.onDone !== null;
    const isUp =
      connection !== null &&
      lines.find(id) !== undefined &&
      !rescueCase.wasUndone &&
      (wasIntact ? connection.signalingState !== 'closed' : await receivesAudio(connection, 1_000));
    if (lines.find(id)?.rescue === 'reconnecting') {
      return; // cut again meanwhile: its turn comes again
    }
    if (isUp) {
      lines.change(id, { rescue: 'none' });
      this.#keepFormerCall(id);
      return;
    }
    // Between two phones the audio needs no server.
    const isLostByServer = !this.#isEndToEnd && this.#audioWatch.wasSilent(id);
    const lostCause = failure ?? (isLostByServer ? cause('server-lost-call') : null);
    this.#giveUp(id, lostCause === null ? { kind: 'gone' } : failed(lostCause));
  }

  /** Ends the rescue; the call goes on with its former sessions. */
  #keepFormerCall(id: number): void {
    const rescueCase = this.#cases.get(id);
    if (rescueCase !== undefined) {
      rescueCase.former = [];
      this.#close(id);
    }
  }

  /** Ends a call that cannot be rescued. */
  #giveUp(id: number, outcome: Outcome): void {
    const { lines } = this.#deps;
    const former = this.#cases.get(id)?.former ?? [];
    for (const call of new Set([lines.call(id), ...former])) {
      call?.detach();
      // The other side may still have the call.
      call?.hangUp();
    }
    this.#keepFormerCall(id);
    if (lines.find(id) !== undefined) {
      lines.change(id, { rescue: 'none' });
      this.#deps.listenerOf(id).ended(outcome);
    }
  }
}
