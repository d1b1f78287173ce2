/* Takes over a call whose signalling connection broke, by an INVITE with Replaces (RFC 3891), which
   moves the call to a new dialog. It is retried until the call is back, or known to have ended. */
import { pause } from '../../shared/timers';
import { cause, type Cause, type CauseCode } from '../model/causes';
import type { CallListener, DialogIdentity, SipAgent, SipCall } from '../sip/edge';
import type { Outcome, Remote } from '../model/call';
import { receivesAudio } from '../sip/audio-arrival';

/** Timeout of one INVITE, in ms. A later answer comes from another call. */
const INVITE_TIMEOUT_MS = 5_000;

/** Delay between two tries, in milliseconds. */
const RETRY_INTERVAL_MS = 600;

/** Timeout of all retries, in ms. */
const RETRY_TIMEOUT_MS = 10_000;

/** The same if the phone at the other end answers and does not know the call: its page may be
    loading. */
const UNKNOWN_CALL_RETRY_TIMEOUT_MS = 4_000;

/** Time after which an answered call counts as confirmed, in ms; with audio it does at once.
    FreeSWITCH ends an INVITE that arrived while the other side was being taken over too
    (switch_ivr_bridge.c, switch_ivr_intercept_session: `no uuid`), a busy switch only seconds after
    its answer; the leg that it was to replace lives on. */
const CONFIRM_TIMEOUT_MS = 15_000;
const AUDIO_CHECK_MS = 100;

/** Time in which the other side's INVITE may be older than our takeover, in ms. */
const GLARE_WINDOW_MS = 2_000;

/** Causes of a switch that has no call to take over, and has called the number instead. Any other
    cause says nothing about the call. */
const GONE_CAUSES: readonly CauseCode[] = [
  'unavailable',
  'not-found',
  'no-answer',
  'refused',
  'declined',
  'busy',
];

/** Causes for a number without a registration. */
const AWAY_CAUSES: readonly CauseCode[] = ['unavailable', 'not-found', 'no-answer'];

/** Why a takeover failed; null if the call has ended. */
export type TakeoverFailure = Cause | null;

export interface TakeoverDeps {
  /** The number to call: one without an extension, or the other side's own. */
  readonly target: string;
  readonly remote: Remote;
  /** Whether the other side's phone answers itself, without a switch between. */
  readonly endToEnd: boolean;
  agent(): SipAgent | null;
  /** The listener for the events of the call after the takeover. */
  readonly listener: CallListener;
  /** Whether the call goes on as it was if the takeover fails: then there is only one try. */
  isIntact(): boolean;
  /** The call was taken over. */
  onTakenOver(call: SipCall): void;
  /** The new call was ended at once. Returns whether to retry, with the former dialogs. */
  onUndone(): boolean;
  /** The new call is confirmed: the former sessions can be discarded. */
  onConfirmed(): void;
  onFailed(failure: TakeoverFailure): void;
}

type State = 'idle' | 'waiting' | 'inviting' | 'confirming' | 'over';

export class Takeover {
  readonly #deps: TakeoverDeps;
  /** Every dialog that the other side may have, the newest first. */
  #dialogs: readonly DialogIdentity[];
  #dialogsToTry: readonly DialogIdentity[] = [];
  #state: State = 'idle';
  #call: SipCall | null = null;
  #timer: number | undefined;
  #startedAt = 0;
  #answeredAt = 0;
  #lastFailure: TakeoverFailure = null;
  /** Whether the other side's phone has answered that it does not know the call. */
  #isUnknownCall = false;

  constructor(dialogs: readonly DialogIdentity[], deps: TakeoverDeps) {
    this.#dialogs = dialogs;
    this.#deps = deps;
  }

  /** The dialogs that another page would have to try, the newest first. */
  get dialogs(): readonly DialogIdentity[] {
    const dialog = this.#call?.dialog ?? null;
    return dialog === null ? this.#dialogs : [dialog, ...this.#dialogs];
  }

  get isConfirming(): boolean {
    return this.#state === 'confirming';
  }

  /** Whether the other side's INVITE must not replace this call, because ours takes precedence. */
  refuses({ dialog }: SipCall): boolean {
    // Glare: both sides send an INVITE. Both know both Call-IDs, and so choose the same one.
    const pendingCallId = this.#pendingInvite?.dialog?.callId;
    const isOurs = pendingCallId !== undefined && pendingCallId < (dialog?.callId ?? '');
    const isGlare = Date.now() - this.#answeredAt < GLARE_WINDOW_MS;
    return isOurs || (isGlare && this.isConfirming && this.#call?.direction === 'out');
  }

  /** Accepts the other side's call, which has replaced this one. */
  accept(call: SipCall): void {
    this.yield();
    // An older call, whose answer was lost.
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

  /** Starts in so many ms, also again; ignored while a try is under way. */
  start(delay: number): void {
    if (this.#state !== 'idle') {
      return;
    }
    this.#startedAt = Date.now() + delay;
    this.#isUnknownCall = false;
    this.#schedule(delay);
  }

  /** The connection is lost. An answer may be lost with it, so the pending INVITE may have
      succeeded. */
  onConnectionLost(): void {
    if (this.#state === 'over') {
      return;
    }
    // The newest dialog first, because it is the most likely one.
    this.#dialogs = this.dialogs;
    const pendingInvite = this.#pendingInvite;
    this.#call = null;
    this.#state = 'idle';
    window.clearTimeout(this.#timer);
    pendingInvite?.discard();
  }

  /** The other side's INVITE takes precedence: cancels ours, until `start`. */
  yield(): void {
    const pendingInvite = this.#pendingInvite;
    if (pendingInvite !== null || this.#state === 'waiting') {
      this.#call = null;
      this.#state = 'idle';
      window.clearTimeout(this.#timer);
      pendingInvite?.hangUp();
    }
  }

  /** Stops the takeover; a call that is confirmed goes on. */
  stop(): void {
    if (this.#state === 'over') {
      return;
    }
    const pendingInvite = this.#pendingInvite;
    this.#state = 'over';
    this.#call = null;
    window.clearTimeout(this.#timer);
    pendingInvite?.hangUp();
  }

  /** The INVITE that is not answered yet. */
  get #pendingInvite(): SipCall | null {
    return this.#state === 'inviting' ? this.#call : null;
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
    this.#state = 'inviting';
    this.#invite(dialog);
  }

  #invite(dialog: DialogIdentity): void {
    const { target, remote, endToEnd, listener } = this.#deps;
    let isOtherParty = false;
    /** No call was replaced, and the switch has called the number: another party answers. */
    const hangUpOtherParty = (): void => {
      isOtherParty = true;
      call?.hangUp();
    };
    const timeout = window.setTimeout(() => call?.hangUp(), INVITE_TIMEOUT_MS);
    const isOurs = (): boolean => call !== null && call === this.#call;
    const call: SipCall | null =
      this.#deps.agent()?.takeOver(target, dialog, remote, {
        ...listener,
        progress: () => {
          if (!endToEnd) {
            hangUpOtherParty();
          }
        },
        answered: () => {
          window.clearTimeout(timeout);
          if (call === null || !isOurs()) {
            return;
          }
          if (!endToEnd && call.answeredBy === target) {
            hangUpOtherParty();
          } else {
            this.#onAnswered(call);
          }
        },
        ended: (outcome) => {
          window.clearTimeout(timeout);
          if (call !== null && isOurs()) {
            this.#onEnded(call, outcome, isOtherParty);
          }
        },
      }) ?? null;
    this.#call = call;
  }

  #onEnded(call: SipCall, outcome: Outcome, isOtherParty: boolean): void {
    this.#call = null;
    if (this.#state === 'inviting') {
      this.#onRefused(isOtherParty ? null : failureOf(outcome));
    } else {
      this.#onUndone(call, outcome);
    }
  }

  #onRefused(failure: TakeoverFailure): void {
    const isGone = failure === null || GONE_CAUSES.includes(failure.code);
    this.#isUnknownCall ||=
      this.#deps.endToEnd && failure !== null && isGone && !AWAY_CAUSES.includes(failure.code);
    this.#lastFailure = isGone ? this.#lastFailure : failure;
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
    this.#state = 'confirming';
    this.#answeredAt = Date.now();
    this.#deps.onTakenOver(call);
    void this.#confirm(call);
  }

  async #confirm(call: SipCall): Promise<void> {
    const end = this.#answeredAt + CONFIRM_TIMEOUT_MS;
    const isConfirmed = async (): Promise<boolean> => {
      const hasAudio = await carriesAudio(call);
      // If our answer was lost, the other side sends an INVITE for the former dialog again.
      return call.direction === 'in' ? call.isConfirmed : hasAudio || Date.now() >= end;
    };
    const isCurrent = (): boolean => this.#call === call && this.isConfirming;
    while (isCurrent() && !(await isConfirmed())) {
      // The check repeats.
    }
    if (isCurrent()) {
      this.#state = 'over';
      this.#deps.onConfirmed();
    }
  }

  /** An answered call has ended: perhaps before it was confirmed. */
  #onUndone(call: SipCall, outcome: Outcome): void {
    const isEarly = this.isConfirming && (outcome.kind === 'normal' || !call.isConfirmed);
    if (isEarly && this.#deps.onUndone()) {
      // Glare: a random delay keeps both sides from retrying at the same moment.
      this.#schedule(RETRY_INTERVAL_MS / 2 + Math.random() * RETRY_INTERVAL_MS);
    } else {
      this.#state = 'over';
      this.#deps.listener.ended(outcome);
    }
  }
}

/** The failure that an outcome means; if this side ended the call, it had timed out. */
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
