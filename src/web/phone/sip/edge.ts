/* The interface between the model of calls and SIP: the requests of the model, and the events that
   it receives. Tests use a scripted agent in place of the one around JsSIP. */
import type { Account, Digest } from '../model/account';
import type { Direction, Outcome, Remote } from '../model/call';
import type { Presence, Voicemail } from '../model/state';
import type { Cause } from '../model/causes';

/** The identifiers of a dialog (RFC 3261, section 12). With them any client can take the call over,
    so they are neither shown nor logged nor sent anywhere but in Replaces. */
export interface DialogIdentity {
  readonly callId: string;
  readonly localTag: string;
  /** Empty before the call was answered. */
  readonly remoteTag: string;
}

export interface CallListener {
  /** Progress of an outgoing call: it rings at the other side, or the other side sends audio
      already (a tone, an announcement). */
  progress(heard: { readonly ringing: boolean; readonly media: boolean }): void;
  answered(): void;
  /** The other side replaces this call with a new one: its page was reloaded, or it was transferred
      (RFC 3891). The returned listener receives the events of the new call; null refuses it. */
  replaced(call: SipCall): CallListener | null;
  /** The remote party has changed: the other side has transferred the call. */
  moved(remote: Remote): void;
  /** Whether requests can be sent in the call's dialog: not during a rescue. */
  isIntact(): boolean;
  /** A fault of a call that is up; null when it is over. */
  trouble(cause: Cause | null): void;
  /** The call has ended; no event follows. */
  ended(outcome: Outcome): void;
}

export interface SipCall {
  readonly direction: Direction;
  readonly remote: Remote;
  /** Whether the caller asks for an answer without ringing, as an intercom does. */
  readonly isIntercom: boolean;
  /** The peer connection of the call's audio; a takeover or a transfer replaces it. */
  readonly connection: RTCPeerConnection | null;
  /** The element that plays the other side's audio; null before there is any. */
  readonly player: HTMLAudioElement | null;
  /** Whether the other side holds the call, as far as it signals that. */
  readonly isHeldByOther: boolean;
  /** Whether a re-INVITE is open. */
  readonly isNegotiating: boolean;
  /** Null until an INVITE was sent or received. */
  readonly dialog: DialogIdentity | null;
  /** Whether both sides know that the call was answered: the ACK was sent or received. */
  readonly isConfirmed: boolean;
  /** The number that answered, where the switch reports it (Remote-Party-ID, P-Asserted-Identity);
      empty otherwise. */
  readonly answeredBy: string;
  answer(): void;
  reject(why: 'declined' | 'busy'): void;
  hangUp(): void;
  /** Ends this call without a BYE, because another call has taken over the dialog. A BYE could
      arrive before the switch has moved the other side to the new call, and end both. */
  discard(): void;
  /** Marks this call as replaced by another one; the other side ends it. The model gets no more
      events of it, except a further try of the other side to replace it. */
  detach(): void;
  /** Stops sending and playing audio, whatever the state of the call is. */
  closeMedia(): void;
  setMuted(muted: boolean): void;
  sendDigits(digits: string): void;
  /** Holds or resumes by re-INVITE, one at a time; returns whether the other side accepted. If not,
      the call goes on. */
  hold(): Promise<boolean>;
  resume(): Promise<boolean>;
  restartIce(): Promise<boolean>;
  /** Sends the same offer again in a re-INVITE. */
  reinvite(): Promise<boolean>;
  /** Gives the call another track of the microphone; with `opens` the device is opened anew.
      Rejects as getUserMedia does. */
  renewMicrophone(opens: boolean): Promise<void>;
  /** Blind transfer by REFER; null once the other side reports success, as far as it reports
      anything. */
  transfer(number: string): Promise<Cause | null>;
  /** REFER with Replaces: connects this call with the other. */
  transferTo(other: SipCall): Promise<Cause | null>;
}

export interface AgentListener {
  /** Whether the WebSocket is up. */
  connected(up: boolean): void;
  /** The registration is lost and being renewed. */
  registering(): void;
  /** Registered; with the digest credential that replaces the password, if the switch asked for
      one. */
  registered(digest?: Digest): void;
  /** The agent has stopped trying to register. */
  failed(cause: Cause): void;
  /** A call comes in; the returned listener receives its events. Null if it was rejected. */
  incoming(call: SipCall): CallListener | null;
  voicemail(voicemail: Voicemail): void;
  presence(extension: string, presence: Presence): void;
}

export type HeldDialogListener = Pick<CallListener, 'replaced' | 'ended'>;

export interface SipAgent {
  start(): void;
  /** Unregisters and ends all calls. The agent sends no events after that. */
  stop(): void;
  /** The listener gets no event before this has returned.
      @param number The number of the remote side as it is shown, if it is not the target. */
  call(target: string, listener: CallListener, number?: string): SipCall;
  /** Takes a call over: an INVITE with Replaces to a number without an extension. A switch that
      still knows the dialog moves it here (RFC 3891). */
  takeOver(number: string, dialog: DialogIdentity, remote: Remote, listener: CallListener): SipCall;
  /** Handles a dialog of another page until the returned function is called: the other side may
      replace or end it. */
  holdDialog(dialog: DialogIdentity, listener: HeldDialogListener): () => void;
  /** Closes the connection to the switch, and registers by a new one. */
  reconnect(): void;
  /** Subscribes to the presence of exactly these extensions. */
  watch(extensions: readonly string[]): void;
}

export type AgentFactory = (account: Account, listener: AgentListener) => SipAgent;
