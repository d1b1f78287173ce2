/* Takes a call over whose signalling has lost its connection: by an INVITE with Replaces
   (RFC 3891), which moves the call to a new dialog. It is tried again until the call is back,
   or is known to be gone. */
import { pause } from '../../shared/timers';
import { cause, type Cause, type CauseCode } from '../model/causes';
import type { CallListener, DialogIdentity, SipAgent, SipCall } from '../sip/edge';
import type { Outcome, Remote } from '../model/call';
import { receivesAudio } from '../sip/audio-arrival';

/** So long may one INVITE take, in ms. What answers later is not the old call. */
const INVITE_TIMEOUT_MS = 5_000;

/** Milliseconds between two tries. */
const RETRY_INTERVAL_MS = 600;

/** So long it is tried again where that may help. */
const RETRY_TIMEOUT_MS = 10_000;

/** The same for a phone at the other end that is there and does not know the call: its page may
    be loading. */
const UNKNOWN_CALL_RETRY_TIMEOUT_MS = 4_000;

/** What answers is the call once it carries sound, or has lasted so long, in ms. FreeSWITCH hangs up
    what came while the other side was being taken over too (switch_ivr_bridge.c,
    switch_ivr_intercept_session: `no uuid`), a busy one only seconds after its answer; the leg that it
    was to replace lives on. */
const CONFIRM_TIMEOUT_MS = 15_000;
const AUDIO_CHECK_MS = 100;

/** The other side's wish may be older than ours for so long. */
const GLARE_WINDOW_MS = 2_000;

/** What a switch says that has nothing left to take over, and has found somebody or nobody by the
    name that was called. Any other failure says nothing of the call. */
const GONE_CAUSES: readonly CauseCode[] = [
  'unavailable',
  'not-found',
  'no-answer',
  'refused',
  'declined',
  'busy',
];

/** Nobody is registered there at the moment. */
const AWAY_CAUSES: readonly CauseCode[] = ['unavailable', 'not-found', 'no-answer'];

/** What could not be taken over: null for a call that is gone. */
export type TakeoverFailure = Cause | null;

export interface TakeoverDeps {
  /** What is called: a number that reaches nobody, or the other side's own. */
  readonly target: string;
  readonly remote: Remote;
  /** Whether the other side's phone answers, and not a switch between. */
  readonly endToEnd: boolean;
  agent(): SipAgent | null;
  /** What a call that was taken over tells from then on. */
  readonly listener: CallListener;
  /** Whether the call goes on as it was if it is not taken over: then once is enough. */
  isIntact(): boolean;
  /** The call is here. */
  onTakenOver(call: SipCall): void;
  /** It was ended at once. Whether to try once more: then what was before it counts again. */
  onUndone(): boolean;
  /** What was before it can go. */
  onConfirmed(): void;
  onFailed(why: TakeoverFailure): void;
}

type State = 'idle' | 'waiting' | 'asking' | 'settling' | 'over';

export class Takeover {
  readonly #deps: TakeoverDeps;
  /** Each may be the one that the other side has, the newest first. */
  #dialogs: readonly DialogIdentity[];
  #dialogsToTry: readonly DialogIdentity[] = [];
  #state: State = 'idle';
  #call: SipCall | null = null;
  #timer: number | undefined;
  #startedAt = 0;
  #answeredAt = 0;
  #lastFailure: TakeoverFailure = null;
  /** Whether the other side's phone has said that it does not know the call. */
  #isUnknownCall = false;

  constructor(dialogs: readonly DialogIdentity[], deps: TakeoverDeps) {
    this.#dialogs = dialogs;
    this.#deps = deps;
  }

  /** What another page would have to try, the newest first. */
  get dialogs(): readonly DialogIdentity[] {
    const dialog = this.#call?.dialog ?? null;
    return dialog === null ? this.#dialogs : [dialog, ...this.#dialogs];
  }

  get isConfirming(): boolean {
    return this.#state === 'settling';
  }

  /** Whether the other side's call is not to replace this one: ours comes first. */
  refuses({ dialog }: SipCall): boolean {
    // Glare: both ask. Both sides know both Call-IDs, and so agree which INVITE it is.
    const asked = this.#pendingInvite?.dialog?.callId;
    const isOurs = asked !== undefined && asked < (dialog?.callId ?? '');
    const isCrossing = Date.now() - this.#answeredAt < GLARE_WINDOW_MS;
    return isOurs || (isCrossing && this.isConfirming && this.#call?.direction === 'out');
  }

  /** The other side's call has replaced this one. */
  accept(call: SipCall): void {
    this.yield();
    // An older one, whose answer was lost.
    this.#call?.discard();
    this.#call = call;
    this.#onAnswered(call);
  }

  /** A call that was accepted has ended. */
  onEnded(call: SipCall, outcome: Outcome): void {
    if (call === this.#call) {
      this.#call = null;
      this.#onUndone(call, outcome);
    }
  }

  /** Begins in so many ms, or begins again; not while it is under way. */
  start(delay: number): void {
    if (this.#state !== 'idle') {
      return;
    }
    this.#startedAt = Date.now() + delay;
    this.#isUnknownCall = false;
    this.#schedule(delay);
  }

  /** The connection is lost, and with it perhaps an answer: what was asked may have been done. */
  onConnectionLost(): void {
    if (this.#state === 'over') {
      return;
    }
    // Newest first: it is the most likely one.
    this.#dialogs = this.dialogs;
    const asked = this.#pendingInvite;
    this.#call = null;
    this.#state = 'idle';
    window.clearTimeout(this.#timer);
    asked?.discard();
  }

  /** The other side asks, too, and comes first: ours is taken back, until `start`. */
  yield(): void {
    const asked = this.#pendingInvite;
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
    const asked = this.#pendingInvite;
    this.#state = 'over';
    this.#call = null;
    window.clearTimeout(this.#timer);
    asked?.hangUp();
  }

  /** The INVITE that is not answered yet. */
  get #pendingInvite(): SipCall | null {
    return this.#state === 'asking' ? this.#call : null;
  }

  #schedule(delay: number): void {
    this.#state = 'waiting';
    window.clearTimeout(this.#timer);
    if (delay === 0) {
      this.#startRound();
    } else {
      this.#timer = window.setTimeout(() => {
        this.#startRound();
      }, delay);
    }
  }

  #startRound(): void {
    this.#dialogsToTry = this.#dialogs;
    this.#lastFailure = null;
    this.#tryNextDialog();
  }

  #tryNextDialog(): void {
    const [dialog, ...left] = this.#dialogsToTry;
    this.#dialogsToTry = left;
    if (dialog === undefined) {
      this.#endRound();
      return;
    }
    this.#state = 'asking';
    this.#invite(dialog);
  }

  #invite(dialog: DialogIdentity): void {
    const { target, remote, endToEnd, listener } = this.#deps;
    let isAnother = false;
    /** Nothing was replaced, and the switch has called by the name: somebody else answers. */
    const leave = (): void => {
      isAnother = true;
      call?.hangUp();
    };
    const latest = window.setTimeout(() => call?.hangUp(), INVITE_TIMEOUT_MS);
    const isOurs = (): boolean => call !== null && call === this.#call;
    const call: SipCall | null =
      this.#deps.agent()?.takeOver(target, dialog, remote, {
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
            this.#onAnswered(call);
          }
        },
        ended: (outcome) => {
          window.clearTimeout(latest);
          if (call !== null && isOurs()) {
            this.#onEnded(call, outcome, isAnother);
          }
        },
      }) ?? null;
    this.#call = call;
  }

  #onEnded(call: SipCall, outcome: Outcome, isAnother: boolean): void {
    this.#call = null;
    if (this.#state === 'asking') {
      this.#onRefused(isAnother ? null : failureOf(outcome));
    } else {
      this.#onUndone(call, outcome);
    }
  }

  #onRefused(why: TakeoverFailure): void {
    const isGone = why === null || GONE_CAUSES.includes(why.code);
    this.#isUnknownCall ||=
      this.#deps.endToEnd && why !== null && isGone && !AWAY_CAUSES.includes(why.code);
    this.#lastFailure = isGone ? this.#lastFailure : why;
    this.#tryNextDialog();
  }

  #endRound(): void {
    const isFinal = this.#deps.isIntact() || (this.#lastFailure === null && !this.#deps.endToEnd);
    const longest = this.#isUnknownCall ? UNKNOWN_CALL_RETRY_TIMEOUT_MS : RETRY_TIMEOUT_MS;
    if (isFinal || Date.now() - this.#startedAt >= longest) {
      this.#state = 'idle';
      this.#deps.onFailed(this.#lastFailure);
    } else {
      this.#schedule(RETRY_INTERVAL_MS);
    }
  }

  #onAnswered(call: SipCall): void {
    this.#state = 'settling';
    this.#answeredAt = Date.now();
    this.#deps.onTakenOver(call);
    void this.#confirm(call);
  }

  async #confirm(call: SipCall): Promise<void> {
    const end = this.#answeredAt + CONFIRM_TIMEOUT_MS;
    const isSure = async (): Promise<boolean> => {
      const isHeard = await carriesAudio(call);
      // Who has not heard of our answer will ask again for what was before.
      return call.direction === 'in' ? call.isConfirmed : isHeard || Date.now() >= end;
    };
    const isHere = (): boolean => this.#call === call && this.isConfirming;
    while (isHere() && !(await isSure())) {
      // It is looked again.
    }
    if (isHere()) {
      this.#state = 'over';
      this.#deps.onConfirmed();
    }
  }

  /** It was answered, and has ended: perhaps before it was sure to be the call. */
  #onUndone(call: SipCall, outcome: Outcome): void {
    const isEarly = this.isConfirming && (outcome.kind === 'normal' || !call.isConfirmed);
    if (isEarly && this.#deps.onUndone()) {
      // Both sides may have asked in the same moment: not again.
      this.#schedule(RETRY_INTERVAL_MS / 2 + Math.random() * RETRY_INTERVAL_MS);
    } else {
      this.#state = 'over';
      this.#deps.listener.ended(outcome);
    }
  }
}

/** Of an end that we made ourselves: nobody has answered in time. */
function failureOf(outcome: Outcome): Cause {
  return outcome.kind === 'failed' ? outcome.cause : cause('no-reply');
}

async function carriesAudio({ connection }: SipCall): Promise<boolean> {
  if (connection !== null) {
    return receivesAudio(connection, AUDIO_CHECK_MS);
  }
  await pause(AUDIO_CHECK_MS);
  return false;
}
