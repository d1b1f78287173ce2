/* Takes a call over whose signalling has lost its connection: by an INVITE with Replaces
   (RFC 3891), which moves the call to a new dialog. It is tried again until the call is back,
   or is known to be gone. */
import { pause } from '../../shared/timers';
import { cause, type Cause, type CauseCode } from '../model/causes';
import type { CallListener, DialogIdentity, SipAgent, SipCall } from '../sip/edge';
import type { Outcome, Remote } from '../model/call';
import { hears } from '../sip/audio-arrival';

/** So long may one INVITE take, in ms. What answers later is not the old call. */
const PATIENCE = 5_000;

/** Milliseconds between two tries. */
const AGAIN = 600;

/** So long, in ms, it is tried again where that may help. */
const LONGEST = 10_000;

/** The same for a phone at the other end that is there and does not know the call: its page may
    be loading. */
const UNKNOWN_LONGEST = 4_000;

/** What answers is the call once it carries sound, or has lasted so long, in ms. FreeSWITCH hangs up
    what came while the other side was being taken over too (switch_ivr_bridge.c,
    switch_ivr_intercept_session: `no uuid`), a busy one only seconds after its answer; the leg that it
    was to replace lives on. */
const SETTLE = 15_000;
const LOOK = 100;

/** The other side's wish may be older than ours for so long, in ms. */
const CROSSING = 2_000;

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

/** Nobody is registered there at the moment. */
const AWAY: readonly CauseCode[] = ['unavailable', 'not-found', 'no-answer'];

/** What could not be taken over: null for a call that is gone. */
export type Failure = Cause | null;

export interface TakeOverMeans {
  /** What is called: a number that reaches nobody, or the other side's own. */
  readonly target: string;
  readonly remote: Remote;
  /** Whether the other side's phone answers, and not a switch between. */
  readonly endToEnd: boolean;
  agent(): SipAgent | null;
  /** What a call that was taken over tells from then on. */
  readonly listener: CallListener;
  /** Whether the call goes on as it was if it is not taken over: then once is enough. */
  isWell(): boolean;
  /** The call is here. */
  taken(call: SipCall): void;
  /** It was ended at once. Whether to try once more: then what was before it counts again. */
  undone(): boolean;
  /** What was before it can go. */
  settled(): void;
  failed(why: Failure): void;
}

type State = 'idle' | 'waiting' | 'asking' | 'settling' | 'over';

export class TakeOver {
  readonly #means: TakeOverMeans;
  /** Each may be the one that the other side has, the newest first. */
  #dialogs: readonly DialogIdentity[];
  #left: readonly DialogIdentity[] = [];
  #state: State = 'idle';
  #call: SipCall | null = null;
  #timer: number | undefined;
  #begun = 0;
  #answeredAt = 0;
  #why: Failure = null;
  /** Whether the other side's phone has said that it does not know the call. */
  #unknown = false;

  constructor(dialogs: readonly DialogIdentity[], means: TakeOverMeans) {
    this.#dialogs = dialogs;
    this.#means = means;
  }

  /** What another page would have to try, the newest first. */
  get dialogs(): readonly DialogIdentity[] {
    const dialog = this.#call?.dialog ?? null;
    return dialog === null ? this.#dialogs : [dialog, ...this.#dialogs];
  }

  get isSettling(): boolean {
    return this.#state === 'settling';
  }

  /** Whether the other side's call is not to replace this one: ours comes first. */
  refuses({ dialog }: SipCall): boolean {
    // Glare: both ask. Both sides know both Call-IDs, and so agree which INVITE it is.
    const asked = this.#asking?.dialog?.callId;
    const isOurs = asked !== undefined && asked < (dialog?.callId ?? '');
    const isCrossing = Date.now() - this.#answeredAt < CROSSING;
    return isOurs || (isCrossing && this.isSettling && this.#call?.direction === 'out');
  }

  /** The other side's call has replaced this one. */
  accept(call: SipCall): void {
    this.yield();
    // An older one, whose answer was lost.
    this.#call?.drop();
    this.#call = call;
    this.#answered(call);
  }

  /** A call that was accepted has ended. */
  ended(call: SipCall, outcome: Outcome): void {
    if (call === this.#call) {
      this.#call = null;
      this.#undone(call, outcome);
    }
  }

  /** Begins in so many ms, or begins again; not while it is under way. */
  start(delay: number): void {
    if (this.#state !== 'idle') {
      return;
    }
    this.#begun = Date.now() + delay;
    this.#unknown = false;
    this.#schedule(delay);
  }

  /** The connection is lost, and with it perhaps an answer: what was asked may have been done. */
  cut(): void {
    if (this.#state === 'over') {
      return;
    }
    // Newest first: it is the most likely one.
    this.#dialogs = this.dialogs;
    const asked = this.#asking;
    this.#call = null;
    this.#state = 'idle';
    window.clearTimeout(this.#timer);
    asked?.drop();
  }

  /** The other side asks, too, and comes first: ours is taken back, until `start`. */
  yield(): void {
    const asked = this.#asking;
    if (asked !== null || this.#state === 'waiting') {
      this.#call = null;
      this.#state = 'idle';
      window.clearTimeout(this.#timer);
      asked?.hangUp();
    }
  }

  /** Nothing more is done; a call that is sure to be the one goes on. */
  stop(): void {
    if (this.#state === 'over') {
      return;
    }
    const asked = this.#asking;
    this.#state = 'over';
    this.#call = null;
    window.clearTimeout(this.#timer);
    asked?.hangUp();
  }

  /** The INVITE that is not answered yet. */
  get #asking(): SipCall | null {
    return this.#state === 'asking' ? this.#call : null;
  }

  #schedule(delay: number): void {
    this.#state = 'waiting';
    window.clearTimeout(this.#timer);
    if (delay === 0) {
      this.#round();
    } else {
      this.#timer = window.setTimeout(() => {
        this.#round();
      }, delay);
    }
  }

  #round(): void {
    this.#left = this.#dialogs;
    this.#why = null;
    this.#next();
  }

  #next(): void {
    const [dialog, ...left] = this.#left;
    this.#left = left;
    if (dialog === undefined) {
      this.#roundOver();
      return;
    }
    this.#state = 'asking';
    this.#ask(dialog);
  }

  #ask(dialog: DialogIdentity): void {
    const { target, remote, endToEnd, listener } = this.#means;
    let isAnother = false;
    /** Nothing was replaced, and the switch has called by the name: somebody else answers. */
    const leave = (): void => {
      isAnother = true;
      call?.hangUp();
    };
    const latest = window.setTimeout(() => call?.hangUp(), PATIENCE);
    const isOurs = (): boolean => call !== null && call === this.#call;
    const call: SipCall | null =
      this.#means.agent()?.takeOver(target, dialog, remote, {
        ...listener,
        progress: () => {
          if (!endToEnd) {
            leave();
          }
        },
        answered: () => {
          window.clearTimeout(latest);
          if (call === null || !isOurs()) {
            return;
          }
          if (!endToEnd && call.answeredBy === target) {
            leave();
          } else {
            this.#answered(call);
          }
        },
        ended: (outcome) => {
          window.clearTimeout(latest);
          if (call !== null && isOurs()) {
            this.#end(call, outcome, isAnother);
          }
        },
      }) ?? null;
    this.#call = call;
  }

  #end(call: SipCall, outcome: Outcome, isAnother: boolean): void {
    this.#call = null;
    if (this.#state === 'asking') {
      this.#refused(isAnother ? null : whyOf(outcome));
    } else {
      this.#undone(call, outcome);
    }
  }

  #refused(why: Failure): void {
    const isGone = why === null || GONE.includes(why.code);
    this.#unknown ||= this.#means.endToEnd && why !== null && isGone && !AWAY.includes(why.code);
    this.#why = isGone ? this.#why : why;
    this.#next();
  }

  #roundOver(): void {
    const isFinal = this.#means.isWell() || (this.#why === null && !this.#means.endToEnd);
    const longest = this.#unknown ? UNKNOWN_LONGEST : LONGEST;
    if (isFinal || Date.now() - this.#begun >= longest) {
      this.#state = 'idle';
      this.#means.failed(this.#why);
    } else {
      this.#schedule(AGAIN);
    }
  }

  #answered(call: SipCall): void {
    this.#state = 'settling';
    this.#answeredAt = Date.now();
    this.#means.taken(call);
    void this.#settle(call);
  }

  async #settle(call: SipCall): Promise<void> {
    const end = this.#answeredAt + SETTLE;
    const isSure = async (): Promise<boolean> => {
      const isHeard = await carries(call);
      // Who has not heard of our answer will ask again for what was before.
      return call.direction === 'in' ? call.isConfirmed : isHeard || Date.now() >= end;
    };
    const isHere = (): boolean => this.#call === call && this.isSettling;
    while (isHere() && !(await isSure())) {
      // It is looked again.
    }
    if (isHere()) {
      this.#state = 'over';
      this.#means.settled();
    }
  }

  /** It was answered, and has ended: perhaps before it was sure to be the call. */
  #undone(call: SipCall, outcome: Outcome): void {
    const isEarly = this.isSettling && (outcome.kind === 'normal' || !call.isConfirmed);
    if (isEarly && this.#means.undone()) {
      // Both sides may have asked in the same moment: not again.
      this.#schedule(AGAIN / 2 + Math.random() * AGAIN);
    } else {
      this.#state = 'over';
      this.#means.listener.ended(outcome);
    }
  }
}

/** Of an end that we made ourselves: nobody has answered in time. */
function whyOf(outcome: Outcome): Cause {
  return outcome.kind === 'failed' ? outcome.cause : cause('no-reply');
}

async function carries({ connection }: SipCall): Promise<boolean> {
  if (connection !== null) {
    return hears(connection, LOOK);
  }
  await pause(LOOK);
  return false;
}
