import type { RTCSession } from 'jssip/lib/RTCSession';
import type { Microphone } from '../media/microphone';
import type { Outputs } from '../media/outputs';
import { outcomeOf } from './status-causes';
import { type Direction, failed, type Outcome, type Remote } from '../model/call';
import { cause, type Cause, microphoneCause } from '../model/causes';
import { withoutSessionDirection } from './sdp';
import type { CallListener, DialogIdentity, SipCall } from './edge';
import { GatheringCap } from './ice-gathering';
import { loadCallParts } from './lazy-call-parts';
import {
  closeSilently,
  connectionOf,
  dialogOf,
  type AcceptReplacement,
  type DescriptionEvent,
  type EndEvent,
  type SipMessage,
} from './internals';
import { MediaPath } from './media-path';
import type { Reinvites } from './reinvites';
import { answeringNumber, ASKS_FOR_IDENTITY, type SipHeaders } from './remote';
import { RemoteAudio } from './remote-audio';
import type { ToneSender } from './tone-sender';

export interface CallDeps {
  readonly microphone: Microphone;
  readonly outputs: Outputs;
  readonly iceServers: () => readonly RTCIceServer[];
  /** Whether the WebSocket is up. */
  isConnected(): boolean;
  /** Accepts a session that is to replace a call. */
  replace(old: JsSipCall, accept: AcceptReplacement): void;
}

export interface CallOptions {
  readonly mediaStream: MediaStream;
  readonly pcConfig: RTCConfiguration;
  readonly extraHeaders: string[];
}

/** One call: a JsSIP session with its microphone, audio and ICE gathering. */
export class JsSipCall implements SipCall {
  readonly direction: Direction;
  readonly remote: Remote;
  readonly isIntercom: boolean;
  readonly #deps: CallDeps;
  readonly #gathering: GatheringCap;
  readonly #parts = loadCallParts();
  #listener: CallListener | null = null;
  #session: RTCSession | null = null;
  #reinvites: Reinvites | null = null;
  #stream: MediaStream | null = null;
  #audio: RemoteAudio | null = null;
  #path: MediaPath | null = null;
  #tones: ToneSender | null = null;
  #hasEarlyMedia = false;
  #answered = false;
  #answeredBy = '';
  #confirmed = false;
  #over = false;
  #retired = false;
  /** The outcome when this side ends the session; JsSIP would only report that it ended here. */
  #ownOutcome: Outcome | null = null;

  constructor(direction: Direction, remote: Remote, deps: CallDeps, isIntercom = false) {
    this.direction = direction;
    this.remote = remote;
    this.isIntercom = isIntercom;
    this.#deps = deps;
    this.#gathering = new GatheringCap(deps.iceServers().length > 0, () => {
      this.#abort(failed(cause('no-network')));
    });
  }

  get isOver(): boolean {
    return this.#over;
  }

  get connection(): RTCPeerConnection | null {
    return connectionOf(this.#session);
  }

  get player(): HTMLAudioElement | null {
    return this.#audio?.element ?? null;
  }

  get isHeldByOther(): boolean {
    return this.#session?.isOnHold().remote === true;
  }

  get isNegotiating(): boolean {
    return this.#reinvites?.isOpen === true;
  }

  get dialog(): DialogIdentity | null {
    return this.#session && dialogOf(this.#session, this.direction);
  }

  get isConfirmed(): boolean {
    return this.#confirmed;
  }

  get answeredBy(): string {
    return this.#answeredBy;
  }

  listen(listener: CallListener | null): void {
    this.#listener = listener;
  }

  /** Another call is to replace this one: the listener for it; null refuses it. */
  replacedBy(call: SipCall): CallListener | null {
    return this.#listener?.replaced(call) ?? null;
  }

  /** Opens the microphone, then lets `invite` create the session. */
  async dial(
    invite: (options: CallOptions) => RTCSession,
    kind: 'new' | 'takeover' = 'new',
  ): Promise<void> {
    const stream = await this.#takeMicrophone();
    if (stream === null) {
      return;
    }
    try {
      // JsSIP emits no event of a new session before the next turn of the event loop.
      this.attach(invite(this.#options(stream)), kind === 'new' ? {} : null);
    } catch (error) {
      // JsSIP throws a TypeError for an invalid target, before anything is sent.
      this.#end(failed(cause(error instanceof TypeError ? 'invalid-number' : 'browser-fault')));
    }
  }

  answer(): void {
    void this.#takeMicrophone().then((stream) => {
      if (stream === null) {
        return;
      }
      try {
        this.#session?.answer(this.#options(stream));
      } catch {
        this.#abort(failed(cause('browser-fault')));
      }
    });
  }

  reject(why: 'declined' | 'busy'): void {
    this.#terminate(why === 'busy' ? 486 : 603);
  }

  hangUp(): void {
    this.#abort({ kind: 'normal' });
  }

  discard(): void {
    this.detach();
    if (this.#session?.isEnded() === false) {
      closeSilently(this.#session);
    }
    this.#end({ kind: 'normal' });
  }

  detach(): void {
    this.#retired = true;
  }

  closeMedia(): void {
    this.connection?.close();
    this.#stopMedia();
  }

  setMuted(muted: boolean): void {
    if (muted) {
      this.#session?.mute({ audio: true });
    } else {
      this.#session?.unmute({ audio: true });
    }
  }

  sendDigits(digits: string): void {
    if ((this.#answered || this.#hasEarlyMedia) && !this.#over) {
      void this.#parts.then((parts) => {
        const { connection } = this;
        this.#tones ??= parts && connection && new parts.ToneSender(connection);
        this.#tones?.send(digits);
      });
    }
  }

  hold(): Promise<boolean> {
    return this.#reinvites?.hold() ?? Promise.resolve(false);
  }

  resume(): Promise<boolean> {
    return this.#reinvites?.resume() ?? Promise.resolve(false);
  }

  restartIce(): Promise<boolean> {
    return this.#reinvites?.restartIce(this.#deps.iceServers) ?? Promise.resolve(false);
  }

  /** The network has changed and the dialog is intact: check the audio path. */
  checkPath(): void {
    void this.#path?.check();
  }

  reinvite(): Promise<boolean> {
    return this.#reinvites?.repeat() ?? Promise.resolve(false);
  }

  async renewMicrophone(opens: boolean): Promise<void> {
    const { microphone } = this.#deps;
    if (opens) {
      await microphone.reopen(true);
    } else if (this.#stream !== null) {
      await microphone.attach(this.#stream);
    }
  }

  async transfer(number: string): Promise<Cause | null> {
    const parts = await this.#parts;
    return parts === null ? cause('no-reply') : parts.refer(this.#session, number);
  }

  async transferTo(other: SipCall): Promise<Cause | null> {
    const session = other instanceof JsSipCall ? other.#session : null;
    const parts = await this.#parts;
    return session === null || parts === null
      ? cause('connection-lost')
      : parts.refer(this.#session, session.remote_identity.uri.toString(), session);
  }

  /** Connects the session's events. `invite` is that of an incoming session; null for one that
      takes another call over, whose responses do not name the other side. */
  attach(session: RTCSession, invite: SipHeaders | null = {}): void {
    this.#session = session;
    void this.#parts.then((parts) => {
      this.#reinvites = parts && new parts.Reinvites(session);
      parts?.watchIdentity(session, invite, (remote) => {
        this.#activeListener?.moved(remote);
      });
    });
    if (this.direction === 'out') {
      this.#watch(session.connection);
    }
    session.on('peerconnection', ({ peerconnection }) => {
      this.#watch(peerconnection);
    });
    session.on('sdp', (event: DescriptionEvent) => {
      if (event.originator === 'local') {
        event.sdp = withoutSessionDirection(event.sdp);
      }
    });
    session.on('icecandidate', ({ candidate, ready }) => {
      this.#gathering.candidate(candidate, ready);
    });
    this.#watchAnswer(session);
    session.on('replaces', ({ accept }) => {
      this.#deps.replace(this, accept as AcceptReplacement);
    });
    // Transfers are the task of the switch. A switch that only forwards requests would let the
    // other side make this phone call any number, and JsSIP alone never answers the request.
    session.on('refer', ({ reject }) => {
      reject();
    });
    const ended = (event: EndEvent): void => {
      this.#end(this.#ownOutcome ?? this.#outcome(event));
    };
    session.on('ended', ended);
    session.on('failed', ended);
  }

  #watchAnswer(session: RTCSession): void {
    session.on('progress', ({ response }: { response?: Partial<SipMessage> | null }) => {
      if (this.direction === 'out') {
        const media = Boolean(response?.body);
        this.#hasEarlyMedia ||= media;
        this.#activeListener?.progress({ ringing: media || response?.status_code === 180, media });
      }
    });
    session.on('accepted', ({ response }: { response?: Partial<SipMessage> | null }) => {
      this.#answered = true;
      this.#answeredBy = answeringNumber(response ?? {});
      this.#activeListener?.answered();
    });
    session.on('confirmed', () => {
      this.#confirmed = true;
    });
  }

  /** The listener for the events of this call. */
  get #activeListener(): CallListener | null {
    return this.#retired ? null : this.#listener;
  }

  #watch(connection: RTCPeerConnection): void {
    this.#audio = new RemoteAudio(connection, this.#deps.outputs);
    if (this.#stream !== null) {
      this.#deps.microphone.feed(this.#stream, {
        connection,
        onSilence: (silent) => {
          this.#activeListener?.trouble(silent ? cause('microphone-lost') : null);
        },
      });
    }
    this.#path = this.#pathOf(connection);
    connection.addEventListener('icegatheringstatechange', () => {
      if (connection.iceGatheringState === 'gathering') {
        this.#gathering.begin();
      } else {
        this.#gathering.end();
      }
    });
  }

  #pathOf(connection: RTCPeerConnection): MediaPath {
    return new MediaPath(connection, {
      isAnswered: () => this.#answered,
      canRenegotiate: () => this.#deps.isConnected() && this.#activeListener?.isIntact() === true,
      restart: () => this.restartIce(),
      onBroken: (is) => {
        this.#activeListener?.trouble(is ? cause('audio-broken') : null);
      },
      onLost: () => {
        this.#abort(failed(cause('audio-lost')));
      },
    });
  }

  async #takeMicrophone(): Promise<MediaStream | null> {
    try {
      const stream = await this.#deps.microphone.acquire();
      if (this.#over) {
        this.#deps.microphone.release(stream);
        return null;
      }
      this.#stream = stream;
      return stream;
    } catch (error) {
      this.#abort(failed(microphoneCause(error)));
      return null;
    }
  }

  #options(mediaStream: MediaStream): CallOptions {
    const iceServers = [...this.#deps.iceServers()];
    return { mediaStream, pcConfig: { iceServers }, extraHeaders: [ASKS_FOR_IDENTITY] };
  }

  /** Ends the call with an outcome of our own, in any state. */
  #abort(outcome: Outcome): void {
    this.#ownOutcome ??= outcome;
    if (this.#session === null) {
      this.#end(outcome);
    } else {
      this.#terminate(undefined);
    }
  }

  #terminate(status: number | undefined): void {
    // JsSIP throws when the session has ended by itself meanwhile.
    if (this.#session?.isEnded() === false) {
      this.#session.terminate(status === undefined ? {} : { status_code: status });
    }
  }

  #outcome(event: EndEvent): Outcome {
    const header = this.direction === 'in' ? event.message?.getHeader?.('Reason') : undefined;
    return outcomeOf({
      direction: this.direction,
      answered: this.#answered,
      byUs: event.originator === 'local',
      name: event.cause,
      status: event.message?.status_code ?? null,
      connected: this.#deps.isConnected(),
      reason: header ?? '',
    });
  }

  #stopMedia(): void {
    this.#path?.stop();
    this.#audio?.stop();
    if (this.#stream !== null) {
      this.#deps.microphone.release(this.#stream);
      this.#stream = null;
    }
  }

  #end(outcome: Outcome): void {
    if (this.#over) {
      return;
    }
    this.#over = true;
    this.#gathering.end();
    this.#stopMedia();
    this.#activeListener?.ended(outcome);
  }
}
