/* Calls whose connection to the switch broke. Their sound goes on by itself; what is lost is the
   way of their signalling, and FreeSWITCH goes on using the old one: a far hang-up would never
   arrive. So each call is taken over (Replaces, RFC 3891). */
import { failed, type Outcome } from '../model/call';
import { cause } from '../model/causes';
import type { CallListener, DialogIdentity, SipAgent, SipCall } from '../sip/edge';
import { hears } from '../sip/audio-arrival';
import type { Lines } from '../lines/lines';
import { Listening } from './audio-watch';
import type { Line } from '../model/state';
import { TakeOver, type Failure } from './take-over';
import { waitOf } from './takeover-delay';

/** FreeSWITCH brings the other side over after it has answered: who hangs up before this, in ms,
    leaves it alone in its call. */
const SETTLE = 1_000;

/** Milliseconds until it is tried again after the other side has taken its own try back. */
const AGAIN = 500;

/** A call as another page, or this one before it broke, knew it. */
export interface KnownCall {
  readonly line: Line;
  readonly dialog: DialogIdentity;
  /** What the other side may have instead, if a takeover was under way. */
  readonly others?: readonly DialogIdentity[];
}

export interface RescueMeans {
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
interface Case {
  readonly takeOver: TakeOver;
  /** How the call was: held, muted. */
  readonly line: Line;
  /** What carries its sound until the new call does, the newest last. */
  former: readonly SipCall[];
  /** Ends what stands in for dialogs of another page. */
  readonly standIns: readonly (() => void)[];
  /** Hears of a call that was well: it goes on if it is not taken over. */
  told: ((taken: boolean) => void) | null;
  /** Whether a takeover was ended at once: then the former dialog is not sure to be there. */
  wasUndone: boolean;
}

export class Rescue {
  readonly #means: RescueMeans;
  /** Calls that the person ended while nothing could be sent. */
  #farewells: SipCall[] = [];
  readonly #cases = new Map<number, Case>();
  readonly #listening: Listening;
  /** Calls of which nothing came before the connection was lost. */
  readonly #wasQuiet = new Map<number, boolean>();

  constructor(means: RescueMeans) {
    this.#means = means;
    this.#listening = new Listening(means.lines, (id) => {
      this.#give(id, this.#isEndToEnd ? { kind: 'gone' } : failed(cause('server-lost-call')));
    });
  }

  /** All calls that are up, as another page could take them over. */
  get known(): readonly KnownCall[] {
    const { lines } = this.#means;
    return lines.active.flatMap((line) => {
      const own = lines.call(line.id)?.dialog ?? null;
      const [dialog, ...others] =
        this.#cases.get(line.id)?.takeOver.dialogs ?? (own === null ? [] : [own]);
      return dialog === undefined ? [] : [{ line, dialog, others }];
    });
  }

  /** The connection to the switch is gone: nothing is sent in a dialog until it is back. */
  lost(): void {
    const { lines } = this.#means;
    for (const [id, mine] of this.#cases) {
      const call = lines.call(id);
      if (call !== undefined && mine.takeOver.isSettling) {
        mine.former = [...mine.former, call];
      }
      mine.takeOver.cut();
      mine.told?.(false);
      mine.told = null;
    }
    for (const { id, flows } of lines.active) {
      if (flows !== null) {
        this.#wasQuiet.set(id, flows.receiving === 'nothing');
      }
      lines.change(id, { rescue: 'reconnecting' });
      this.#listening.begin(id);
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
      if (!this.#cases.has(line.id)) {
        this.#openUp(line);
      }
      lines.change(line.id, { rescue: 'recovering' });
    }
    for (const [id, { takeOver, line }] of this.#cases) {
      // In another network it is connected again before anything can be said of the sound.
      const trouble = (lines.find(id)?.heard ?? null) === null ? 'alone' : 'cut';
      takeOver.start(waitOf(line, trouble, this.#isHeldByOther(id)));
    }
  }

  /** Takes over what another page left behind; to be called once when registered. */
  adopt(known: readonly KnownCall[]): void {
    const { lines } = this.#means;
    for (const { line, dialog, others = [] } of known) {
      const id = lines.reserve();
      const mine: Line = { ...line, id, rescue: 'recovering', heard: null, quality: [] };
      lines.restore({ ...mine, hold: 'no' });
      const { takeOver } = this.#open(mine, [dialog, ...others], {});
      takeOver.start(waitOf(line, 'page loaded again', line.flows?.receiving === 'nothing'));
    }
  }

  /** The other side calls anew in the place of a line's call, which goes on as it was. */
  replaced(id: number, call: SipCall): CallListener | null {
    const { lines } = this.#means;
    const mine = this.#cases.get(id);
    if (mine?.takeOver.refuses(call) === true) {
      return null;
    }
    mine?.takeOver.yield();
    let takeOver: TakeOver | null = null;
    return {
      ...this.#means.listenerOf(id),
      answered: () => {
        const line = lines.find(id);
        if (line === undefined) {
          call.hangUp();
          return;
        }
        const now =
          call.remote.number === line.remote.number ? line : { ...line, remote: call.remote };
        lines.change(id, { remote: now.remote });
        takeOver = (this.#cases.get(id) ?? this.#openUp(now)).takeOver;
        takeOver.accept(call);
      },
      ended: (outcome) => {
        if (takeOver === null) {
          mine?.takeOver.start(AGAIN);
        } else {
          takeOver.ended(call, outcome);
        }
      },
    };
  }

  /** Ends a line while nothing can be sent in its dialog; whether it is such a one. */
  endLater(id: number): boolean {
    const { lines } = this.#means;
    const line = lines.find(id);
    const call = lines.call(id);
    const mine = this.#cases.get(id);
    if (line === undefined || (line.rescue === 'none' && mine === undefined)) {
      return false;
    }
    for (const each of new Set([call, ...(mine?.former ?? [])])) {
      each?.silence();
    }
    if (call !== undefined && mine === undefined) {
      this.#farewells.push(call);
    }
    if (mine?.takeOver.isSettling === true) {
      window.setTimeout(() => call?.hangUp(), SETTLE);
      this.#close(id);
    }
    lines.change(id, { rescue: 'none' });
    this.#means.listenerOf(id).ended({ kind: 'normal' });
    return true;
  }

  /** Takes over a call whose dialog is well, for another leg in the switch and another connection
      here; whether that was done. If not, the call goes on as it was. */
  renew(id: number): Promise<boolean> {
    const { lines } = this.#means;
    const line = lines.find(id);
    return new Promise((told) => {
      if (line?.rescue !== 'none' || line.state !== 'active' || this.#cases.has(id)) {
        told(false);
      } else {
        lines.change(id, { rescue: 'recovering' });
        const { takeOver } = this.#openUp(line, told);
        takeOver.start(waitOf(line, 'alone', false));
      }
    });
  }

  clear(): void {
    this.#farewells = [];
    for (const id of [...this.#cases.keys()]) {
      this.#keep(id);
    }
  }

  #isHeldByOther(id: number): boolean {
    return this.#means.lines.call(id)?.isHeldByOther === true || this.#wasQuiet.get(id) === true;
  }

  /** Whether the other side's phone takes calls over, and no switch between. */
  get #isEndToEnd(): boolean {
    return this.#means.recoveryUser === '';
  }

  /** Of a call that is up in this page. */
  #openUp(line: Line, told: Case['told'] = null): Case {
    const call = this.#means.lines.call(line.id);
    const dialog = call?.dialog ?? null;
    const former = call === undefined ? [] : [call];
    return this.#open(line, dialog === null ? [] : [dialog], { former, told });
  }

  #open(
    line: Line,
    dialogs: readonly DialogIdentity[],
    { former = [], told = null }: Partial<Pick<Case, 'former' | 'told'>>,
  ): Case {
    const { recoveryUser } = this.#means;
    const { id, remote } = line;
    const endToEnd = this.#isEndToEnd;
    const listener = this.#means.listenerOf(id);
    const made: Case = {
      line,
      former,
      wasUndone: false,
      told,
      standIns: former.length > 0 ? [] : this.#standIn(id, dialogs),
      takeOver: new TakeOver(dialogs, {
        target: endToEnd ? remote.number : recoveryUser,
        remote,
        endToEnd,
        listener,
        agent: () => this.#means.agent(),
        isWell: () => made.told !== null,
        taken: (call) => {
          this.#taken(id, call);
        },
        undone: () => this.#undone(id),
        settled: () => {
          this.#close(id);
        },
        failed: (why) => {
          void this.#failed(id, why);
        },
      }),
    };
    this.#cases.set(id, made);
    return made;
  }

  #standIn(id: number, dialogs: readonly DialogIdentity[]): (() => void)[] {
    const agent = this.#means.agent();
    return dialogs.flatMap((dialog) => {
      const end = agent?.standIn(dialog, {
        replaced: (call) => this.replaced(id, call),
        ended: (outcome) => {
          this.#give(id, outcome);
        },
      });
      return end === undefined ? [] : [end];
    });
  }

  /** Nothing more is to be done for a call, and what it had before is not needed any more. */
  #close(id: number): void {
    const mine = this.#cases.get(id);
    this.#cases.delete(id);
    mine?.told?.(false);
    mine?.takeOver.stop();
    for (const end of mine?.standIns ?? []) {
      end();
    }
    for (const call of mine?.former ?? []) {
      call.drop();
    }
  }

  /** The switch has moved the call here: it goes on as it was. */
  #taken(id: number, call: SipCall): void {
    const { lines } = this.#means;
    const now = lines.find(id);
    const mine = this.#cases.get(id);
    if (mine === undefined || now === undefined) {
      // Ended by the person meanwhile.
      window.setTimeout(() => {
        call.hangUp();
      }, SETTLE);
      this.#close(id);
      return;
    }
    for (const each of mine.former) {
      each.retire();
    }
    this.#exchange({ ...now, hold: mine.line.hold }, call);
    mine.told?.(true);
  }

  /** The new call was ended at once; the sound of the one before goes on. */
  #undone(id: number): boolean {
    const { lines } = this.#means;
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
  #exchange({ id, muted, hold }: Line, call: SipCall): void {
    const { lines } = this.#means;
    lines.replaceCall(id, call);
    lines.change(id, { rescue: 'none', hold: 'no', trouble: null, heard: null });
    if (muted) {
      call.setMuted(true);
    }
    this.#means.restoreHold(id, hold === 'held' || hold === 'holding');
  }

  /** Either the call has ended meanwhile, or it cannot be taken over. */
  async #failed(id: number, why: Failure): Promise<void> {
    const { lines } = this.#means;
    const mine = this.#cases.get(id);
    if (mine === undefined) {
      return;
    }
    const connection = mine.former.at(-1)?.connection ?? null;
    const wasWell = mine.told !== null;
    const isUp =
      connection !== null &&
      lines.find(id) !== undefined &&
      !mine.wasUndone &&
      (wasWell ? connection.signalingState !== 'closed' : await hears(connection, 1_000));
    if (lines.find(id)?.rescue === 'reconnecting') {
      return; // cut again meanwhile: its turn comes again
    }
    if (isUp) {
      lines.change(id, { rescue: 'none' });
      this.#keep(id);
      return;
    }
    // Between two phones the sound needs no server.
    const isServers = !this.#isEndToEnd && this.#listening.wasSilent(id);
    const lost = why ?? (isServers ? cause('server-lost-call') : null);
    this.#give(id, lost === null ? { kind: 'gone' } : failed(lost));
  }

  /** The call goes on as it was, with what it had. */
  #keep(id: number): void {
    const mine = this.#cases.get(id);
    if (mine !== undefined) {
      mine.former = [];
      this.#close(id);
    }
  }

  /** The call is given up. */
  #give(id: number, outcome: Outcome): void {
    const { lines } = this.#means;
    const former = this.#cases.get(id)?.former ?? [];
    for (const call of new Set([lines.call(id), ...former])) {
      call?.retire();
      // The other side may be in it still.
      call?.hangUp();
    }
    this.#keep(id);
    if (lines.find(id) !== undefined) {
      lines.change(id, { rescue: 'none' });
      this.#means.listenerOf(id).ended(outcome);
    }
  }
}
