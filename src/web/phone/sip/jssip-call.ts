import { C } from 'jssip';
import type { RTCSession } from 'jssip/lib/RTCSession';
import { cause, failed, microphoneCause, outcomeOf } from './causes';
import type { CallListener, Direction, Outcome, Remote, SipCall } from './edge';
import { GatheringCap } from './gathering';
import type { Microphone } from './microphone';
import { RemoteAudio } from './remote-audio';

/* What is read of JsSIP's events: its types promise a message where it passes null. */
interface SipMessage {
  readonly status_code?: number;
  readonly body?: string | null;
  getHeader?(name: string): string | undefined;
}
interface EndEvent {
  readonly originator: string;
  readonly message: SipMessage | null;
  readonly cause: string;
}

export interface CallMeans {
  readonly microphone: Microphone;
  readonly iceServers: RTCIceServer[];
  /** Whether the WebSocket is up. */
  isConnected(): boolean;
}

export interface CallOptions {
  readonly mediaStream: MediaStream;
  readonly pcConfig: RTCConfiguration;
}

/** One call: a JsSIP session with the microphone, audio and gathering that it needs. */
export class JsSipCall implements SipCall {
  readonly direction: Direction;
  readonly remote: Remote;
  readonly #means: CallMeans;
  readonly #gathering: GatheringCap;
  #listener: CallListener | null = null;
  #session: RTCSession | null = null;
  #stream: MediaStream | null = null;
  #audio: RemoteAudio | null = null;
  #answered = false;
  #over = false;
  /** Why we end the session, where JsSIP would only say that we did. */
  #own: Outcome | null = null;

  constructor(direction: Direction, remote: Remote, means: CallMeans) {
    this.direction = direction;
    this.remote = remote;
    this.#means = means;
    this.#gathering = new GatheringCap(means.iceServers.length > 0, () => {
      this.#abort(failed(cause('no-network')));
    });
  }

  get isOver(): boolean {
    return this.#over;
  }

  listen(listener: CallListener | null): void {
    this.#listener = listener;
  }

  /** Takes the microphone, then lets `invite` make the session. */
  async dial(invite: (options: CallOptions) => RTCSession): Promise<void> {
    const stream = await this.#takeMicrophone();
    if (stream === null) {
      return;
    }
    try {
      // JsSIP says nothing of a new session before the next turn of the event loop.
      this.attach(invite(this.#options(stream)));
    } catch (error) {
      // JsSIP throws a TypeError for a target that is no address, before anything is sent.
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

  setMuted(muted: boolean): void {
    if (muted) {
      this.#session?.mute({ audio: true });
    } else {
      this.#session?.unmute({ audio: true });
    }
  }

  sendDigits(digits: string): void {
    if (this.#answered && !this.#over) {
      this.#session?.sendDTMF(digits, {
        transportType: C.DTMF_TRANSPORT.RFC2833,
        duration: 100,
        interToneGap: 100,
      });
    }
  }

  /** Connects the session's events. */
  attach(session: RTCSession): void {
    this.#session = session;
    if (this.direction === 'out') {
      this.#watch(session.connection);
    }
    session.on('peerconnection', ({ peerconnection }) => {
      this.#watch(peerconnection);
    });
    session.on('icecandidate', ({ candidate, ready }) => {
      this.#gathering.candidate(candidate, ready);
    });
    session.on('progress', ({ response }: { response?: SipMessage | null }) => {
      if (this.direction === 'out') {
        const media = Boolean(response?.body);
        this.#listener?.progress({ ringing: media || response?.status_code === 180, media });
      }
    });
    session.on('accepted', () => {
      this.#answered = true;
      this.#listener?.answered();
    });
    const ended = (event: EndEvent): void => {
      this.#end(this.#own ?? this.#outcome(event));
    };
    session.on('ended', ended);
    session.on('failed', ended);
  }

  #watch(connection: RTCPeerConnection): void {
    this.#audio = new RemoteAudio(connection);
    // Captured, to be ahead of JsSIP: it ends the call on this, and before the answer it would
    // say no more than `Canceled`.
    const lost = (): void => {
      if (connection.iceConnectionState === 'failed') {
        this.#own ??= failed(cause('audio-lost'));
      }
    };
    connection.addEventListener('iceconnectionstatechange', lost, { capture: true });
    connection.addEventListener('icegatheringstatechange', () => {
      if (connection.iceGatheringState === 'gathering') {
        this.#gathering.begin();
      } else {
        this.#gathering.end();
      }
    });
  }

  async #takeMicrophone(): Promise<MediaStream | null> {
    try {
      const stream = await this.#means.microphone.acquire();
      if (this.#over) {
        this.#means.microphone.release(stream);
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
    return { mediaStream, pcConfig: { iceServers: this.#means.iceServers } };
  }

  /** Ends the call for a reason of our own, whatever state it is in. */
  #abort(outcome: Outcome): void {
    this.#own ??= outcome;
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
      connected: this.#means.isConnected(),
      reason: header ?? '',
    });
  }

  #end(outcome: Outcome): void {
    if (this.#over) {
      return;
    }
    this.#over = true;
    this.#gathering.end();
    this.#audio?.stop();
    if (this.#stream !== null) {
      this.#means.microphone.release(this.#stream);
      this.#stream = null;
    }
    this.#listener?.ended(outcome);
  }
}
