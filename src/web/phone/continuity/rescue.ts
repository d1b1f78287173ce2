/* Calls whose connection to the switch broke. Their sound goes on by itself; what is lost is the
   way of their signalling, and FreeSWITCH goes on using the old one: a far hang-up would never
   arrive. So each call is taken over (Replaces, RFC 3891). */
import { failed, type Outcome } from '../model/call';
import { cause } from '../model/causes';
import type { CallListener, DialogIdentity, SipAgent, SipCall } from '../sip/edge';
import { receivesAudio } from '../sip/audio-arrival';
import type { Lines } from '../lines/lines';
import { AudioWatch } from './audio-watch';
import type { Line } from '../model/state';
import { Takeover, type TakeoverFailure } from './take-over';
import { takeoverDelayMs } from './takeover-delay';

/** FreeSWITCH brings the other side over after it has answered: who hangs up before this, in ms,
    leaves it alone in its call. */
const HANGUP_DELAY_MS = 1_000;

/** Milliseconds until it is tried again after the other side has taken its own try back. */
const RETRY_DELAY_MS = 500;

/** A call as another page, or this one before it broke, knew it. */
export interface KnownCall {
  readonly line: Line;
  readonly dialog: DialogIdentity;
  /** What the other side may have instead, if a takeover was under way. */
  readonly others?: readonly DialogIdentity[];
}

export interface RescueDeps {
  readonly lines: Lines;
  /** Reaches nobody; empty for the other side itself. */
  readonly recoveryUser: string;
  agent(): SipAgent | null;
  /** Hears what becomes of the call behind a line. */
  listenerOf(id: number): CallListener;
  /** The call behind a line is a new one, which nobody holds: the line was held before, or not. */
  restoreHold(id: number, held: boolean): void;
}

/** What is being done for one call. */
interface RescueCase {
  readonly takeover: Takeover;
  /** How the call was: held, muted. */
  readonly line: Line;
  /** What carries its sound until the new call does, the newest last. */
  former: readonly SipCall[];
  /** Ends what stands in for dialogs of another page. */
  readonly placeholders: readonly (() => void)[];
  /** Hears of a call that was well: it goes on if it is not taken over. */
  onDone: ((taken: boolean) => void) | null;
  /** Whether a takeover was ended at once: then the former dialog is not sure to be there. */
  wasUndone: boolean;
}

export class CallRescue {
  readonly #deps: RescueDeps;
  /** Calls that the person ended while no BYE could be sent. */
  #pendingHangups: SipCall[] = [];
  readonly #cases = new Map<number, RescueCase>();
  readonly #audioWatch: AudioWatch;
  /** Calls of which nothing came before the connection was lost. */
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
    for (const [id, mine] of this.#cases) {
      const call = lines.call(id);
      if (call !== undefined && mine.takeover.isConfirming) {
        mine.former = [...mine.former, call];
      }
      mine.takeover.onConnectionLost();
      mine.onDone?.(false);
      mine.onDone = null;
    }
    for (const { id, flows } of lines.active) {
      if (flows !== null) {
        this.#wasSilentBefore.set(id, flows.receiving === 'nothing');
      }
      lines.change(id, { rescue: 'reconnecting' });
      this.#audioWatch.start(id);
    }
  }

  /** Registered again: the takeovers that waited for that begin. */
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
      // In another network it is connected again before anything can be said of the sound.
      const reason = (lines.find(id)?.heard ?? null) === null ? 'alone' : 'cut';
      takeover.start(takeoverDelayMs(line, reason, this.#isHeldByOther(id)));
    }
  }

  /** Takes over what another page left behind; to be called once when registered. */
  adopt(known: readonly KnownCall[]): void {
    const { lines } = this.#deps;
    for (const { line, dialog, others = [] } of known) {
      const id = lines.reserve();
      const mine: Line = { ...line, id, rescue: 'recovering', heard: null, quality: [] };
      lines.restore({ ...mine, hold: 'no' });
      const { takeover } = this.#open(mine, [dialog, ...others], {});
      const isHeld = line.flows?.receiving === 'nothing';
      takeover.start(takeoverDelayMs(line, 'page loaded again', isHeld));
    }
  }

  /** The other side calls anew in the place of a line's call, which goes on as it was. */
  replaced(id: number, call: SipCall): CallListener | null {
    const { lines } = this.#deps;
    const mine = this.#cases.get(id);
    if (mine?.takeover.refuses(call) === true) {
      return null;
    }
    mine?.takeover.yield();
    let takeover: Takeover | null = null;
    return {
      ...this.#deps.listenerOf(id),
      answered: () => {
        const line = lines.find(id);
        if (line === undefined) {
          call.hangUp();
          return;
        }
        const now =
          call.remote.number === line.remote.number ? line : { ...line, remote: call.remote };
        lines.change(id, { remote: now.remote });
        takeover = (this.#cases.get(id) ?? this.#openActive(now)).takeover;
        takeover.accept(call);
      },
      ended: (outcome) => {
        if (takeover === null) {
          mine?.takeover.start(RETRY_DELAY_MS);
        } else {
          takeover.onEnded(call, outcome);
        }
      },
    };
  }

  /** Ends a line while nothing can be sent in its dialog; whether it is such a one. */
  hangUpLater(id: number): boolean {
    const { lines } = this.#deps;
    const line = lines.find(id);
    const call = lines.call(id);
    const mine = this.#cases.get(id);
    if (line === undefined || (line.rescue === 'none' && mine === undefined)) {
      return false;
    }
    for (const each of new Set([call, ...(mine?.former ?? [])])) {
      each?.closeMedia();
    }
    if (call !== undefined && mine === undefined) {
      this.#pendingHangups.push(call);
    }
    if (mine?.takeover.isConfirming === true) {
      window.setTimeout(() => call?.hangUp(), HANGUP_DELAY_MS);
      this.#close(id);
    }
    lines.change(id, { rescue: 'none' });
    this.#deps.listenerOf(id).ended({ kind: 'normal' });
    return true;
  }

  /** Takes over a call whose dialog is well, for another leg in the switch and another connection
      here; whether that was done. If not, the call goes on as it was. */
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

  /** Whether the other side's phone takes calls over, and no switch between. */
  get #isEndToEnd(): boolean {
    return this.#deps.recoveryUser === '';
  }

  /** Of a call that is up in this page. */
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
    const made: RescueCase = {
      line,
      former,
      wasUndone: false,
      onDone,
      placeholders: former.length > 0 ? [] : this.#holdDialogs(id, dialogs),
      takeover: new Takeover(dialogs, {
        target: endToEnd ? remote.number : this.#deps.recoveryUser,
        remote,
        endToEnd,
        listener: this.#deps.listenerOf(id),
        agent: () => this.#deps.agent(),
        isIntact: () => made.onDone !== null,
        onTakenOver: (call) => {
          this.#onTakenOver(id, call);
        },
        onUndone: () => this.#onUndone(id),
        onConfirmed: () => {
          this.#close(id);
        },
        onFailed: (why) => {
          void this.#onFailed(id, why);
        },
      }),
    };
    this.#cases.set(id, made);
    return made;
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

  /** Ends the rescue of a call, and discards the sessions that it had before. */
  #close(id: number): void {
    const mine = this.#cases.get(id);
    this.#cases.delete(id);
    mine?.onDone?.(false);
    mine?.takeover.stop();
    for (const end of mine?.placeholders ?? []) {
      end();
    }
    for (const call of mine?.former ?? []) {
      call.discard();
    }
  }

  /** The switch has moved the call here: it goes on as it was. */
  #onTakenOver(id: number, call: SipCall): void {
    const { lines } = this.#deps;
    const now = lines.find(id);
    const mine = this.#cases.get(id);
    if (mine === undefined || now === undefined) {
      // Ended by the person meanwhile.
      window.setTimeout(() => {
        call.hangUp();
      }, HANGUP_DELAY_MS);
      this.#close(id);
      return;
    }
    for (const each of mine.former) {
      each.detach();
    }
    this.#replaceCall({ ...now, hold: mine.line.hold }, call);
    mine.onDone?.(true);
  }

  /** The new call was ended at once; the sound of the one before goes on. */
  #onUndone(id: number): boolean {
    const { lines } = this.#deps;
    const mine = this.#cases.get(id);
    // Who hands a call over is hung up.
    if (mine === undefined || lines.find(id)?.transfer !== null) {
      this.#close(id);
      return false;
    }
    mine.wasUndone = true;
    lines.change(id, { rescue: 'recovering' });
    const former = mine.former.at(-1);
    if (former !== undefined) {
      lines.replaceCall(id, former);
    }
    return true;
  }

  /** Puts a new call, which nobody has muted or held, in the place of one that was like `line`. */
  #replaceCall({ id, muted, hold }: Line, call: SipCall): void {
    const { lines } = this.#deps;
    lines.replaceCall(id, call);
    lines.change(id, { rescue: 'none', hold: 'no', trouble: null, heard: null });
    if (muted) {
      call.setMuted(true);
    }
    this.#deps.restoreHold(id, hold === 'held' || hold === 'holding');
  }

  /** Either the call has ended meanwhile, or it cannot be taken over. */
  async #onFailed(id: number, why: TakeoverFailure): Promise<void> {
    const { lines } = this.#deps;
    const mine = this.#cases.get(id);
    if (mine === undefined) {
      return;
    }
    const connection = mine.former.at(-1)?.connection ?? null;
    const wasWell = mine.onDone !== null;
    const isUp =
      connection !== null &&
      lines.find(id) !== undefined &&
      !mine.wasUndone &&
      (wasWell ? connection.signalingState !== 'closed' : await receivesAudio(connection, 1_000));
    if (lines.find(id)?.rescue === 'reconnecting') {
      return; // cut again meanwhile: its turn comes again
    }
    if (isUp) {
      lines.change(id, { rescue: 'none' });
      this.#keepFormerCall(id);
      return;
    }
    // Between two phones the sound needs no server.
    const isServers = !this.#isEndToEnd && this.#audioWatch.wasSilent(id);
    const lost = why ?? (isServers ? cause('server-lost-call') : null);
    this.#giveUp(id, lost === null ? { kind: 'gone' } : failed(lost));
  }

  /** The call goes on as it was, with what it had. */
  #keepFormerCall(id: number): void {
    const mine = this.#cases.get(id);
    if (mine !== undefined) {
      mine.former = [];
      this.#close(id);
    }
  }

  /** The call is given up. */
  #giveUp(id: number, outcome: Outcome): void {
    const { lines } = this.#deps;
    const former = this.#cases.get(id)?.former ?? [];
    for (const call of new Set([lines.call(id), ...former])) {
      call?.detach();
      // The other side may be in it still.
      call?.hangUp();
    }
    this.#keepFormerCall(id);
    if (lines.find(id) !== undefined) {
      lines.change(id, { rescue: 'none' });
      this.#deps.listenerOf(id).ended(outcome);
    }
  }
}
