/* The edge between the model of calls and SIP: what the model may ask for, and what it is
   told. Tests put a scripted agent in the place of the one around JsSIP. */
import type { Account, Digest } from '../model/account';
import type { Direction, Outcome, Remote } from '../model/call';
import type { Presence, Voicemail } from '../model/state';
import type { Cause } from '../model/causes';

/** Names a dialog (RFC 3261, section 12). Whoever knows it can take the call over, so it is
    neither shown nor logged nor sent anywhere but in Replaces. */
export interface DialogIdentity {
  readonly callId: string;
  readonly localTag: string;
  /** Empty before the call was answered. */
  readonly remoteTag: string;
}

export interface CallListener {
  /** The other side was found: it rings, or sends audio already (a tone, an announcement). */
  progress(heard: { readonly ringing: boolean; readonly media: boolean }): void;
  answered(): void;
  /** The other side calls anew in the place of this call: its page was loaded again, or it was
      transferred (RFC 3891). Who is returned hears what becomes of the new one; null refuses it. */
  replaced(call: SipCall): CallListener | null;
  /** The call goes on with somebody else: the other side has transferred it. */
  moved(remote: Remote): void;
  /** Whether something may be asked for in its dialog: not while it is being rescued. */
  isIntact(): boolean;
  /** What is wrong with a call that is up; null when it is over. */
  trouble(cause: Cause | null): void;
  /** The last word of a call; nothing follows it. */
  ended(outcome: Outcome): void;
}

export interface SipCall {
  readonly direction: Direction;
  readonly remote: Remote;
  /** Whether the caller asks for an answer without ringing, as an intercom does. */
  readonly isIntercom: boolean;
  /** Where its sound flows; another one after a takeover or a transfer. */
  readonly connection: RTCPeerConnection | null;
  /** Plays what comes from the other side; null before something does. */
  readonly player: HTMLAudioElement | null;
  /** Whether the other side holds, as far as it says so. */
  readonly isHeldByOther: boolean;
  /** Whether a re-INVITE is open. */
  readonly isNegotiating: boolean;
  /** Null until an INVITE was sent or has come. */
  readonly dialog: DialogIdentity | null;
  /** Whether both sides know that it was answered: the ACK was sent or has come. */
  readonly isConfirmed: boolean;
  /** The number of who has answered, where the switch tells it (Remote-Party-ID,
      P-Asserted-Identity); empty otherwise. */
  readonly answeredBy: string;
  answer(): void;
  reject(why: 'declined' | 'busy'): void;
  hangUp(): void;
  /** Another call has taken over the dialog: this one ends without a word to anybody. A BYE could
      come before the switch has brought the other side over, and end both. */
  discard(): void;
  /** Another call has taken its place, and the other side ends this one: the model hears no more
      of it, but for another try of the other side to replace it. */
  detach(): void;
  /** Sends and plays nothing any more, whatever becomes of the call. */
  closeMedia(): void;
  setMuted(muted: boolean): void;
  sendDigits(digits: string): void;
  /** By re-INVITE, one at a time; whether the other side agreed. The call goes on if not. */
  hold(): Promise<boolean>;
  resume(): Promise<boolean>;
  restartIce(): Promise<boolean>;
  /** Offers the same once more. */
  reinvite(): Promise<boolean>;
  /** Gives the call another track of the microphone, which is opened anew if that is wanted.
      Rejects as getUserMedia does. */
  renewMicrophone(opens: boolean): Promise<void>;
  /** REFER; null once the other side says that it was done, as far as it tells. */
  transfer(number: string): Promise<Cause | null>;
  /** REFER with Replaces: connects this call with the other. */
  transferTo(other: SipCall): Promise<Cause | null>;
}

export interface AgentListener {
  /** Whether the WebSocket is up. */
  connected(up: boolean): void;
  /** Not registered at the moment, and working on it. */
  registering(): void;
  /** With what stands for the password from now on, if the switch asked for one. */
  registered(digest?: Digest): void;
  /** The agent has given up. */
  failed(cause: Cause): void;
  /** A call comes in; who is returned hears what becomes of it. Null if it was turned away. */
  incoming(call: SipCall): CallListener | null;
  voicemail(voicemail: Voicemail): void;
  presence(extension: string, presence: Presence): void;
}

export type HeldDialogListener = Pick<CallListener, 'replaced' | 'ended'>;

export interface SipAgent {
  start(): void;
  /** Unregisters and ends what is up. The agent says nothing after that. */
  stop(): void;
  /** The listener hears nothing before this has returned. */
  call(number: string, listener: CallListener): SipCall;
  /** Calls a number that reaches nobody, with Replaces: a switch that still knows the dialog
      moves it here (RFC 3891). */
  takeOver(number: string, dialog: DialogIdentity, remote: Remote, listener: CallListener): SipCall;
  /** Stands in for a dialog that another page had, until the result is called: the other side
      may replace or end it, too. */
  holdDialog(dialog: DialogIdentity, listener: HeldDialogListener): () => void;
  /** Gives up the connection to the switch, and registers by another one. */
  reconnect(): void;
  /** Subscribes to what these extensions do, and to no others. */
  watch(extensions: readonly string[]): void;
}

export type AgentFactory = (account: Account, listener: AgentListener) => SipAgent;
