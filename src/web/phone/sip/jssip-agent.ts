/* The adapter around JsSIP, and the only place that imports its code. JsSIP's debug output
   stays off: it would print Authorization headers. */
import { UA, WebSocketInterface } from 'jssip';
import type { RTCSession } from 'jssip/lib/RTCSession';
import { cause, isPassing, registrationCause, type Cause } from './causes';
import type {
  Account,
  AgentFactory,
  AgentListener,
  CallListener,
  Direction,
  Remote,
  SipAgent,
  SipCall,
} from './edge';
import { JsSipCall, type CallMeans } from './jssip-call';
import { Microphone } from './microphone';
import { dialable, remoteOf } from './remote';

/** So long may the first registration take; JsSIP alone would try for ever. */
const FIRST_TRY = 15_000;
/** JsSIP never repeats a REGISTER that failed: these are the waits before we do, in ms. */
const RETRIES = [2_000, 5_000, 10_000, 30_000] as const;
const LAST_RETRY = 30_000;

/* JsSIP's own types of these events promise a response where it passes null. */
interface RegistrationFailure {
  readonly cause?: string;
  readonly response: { readonly status_code: number } | null;
}
interface NewSession {
  readonly originator: string;
  readonly session: RTCSession;
}

export function jsSipAgents(iceServers: readonly RTCIceServer[]): AgentFactory {
  const microphone = new Microphone();
  return (account, listener) =>
    new JsSipAgent(account, listener, { microphone, iceServers: [...iceServers] });
}

/** FreeSWITCH answers by the transport that Via names, and a switch's own bindings have no
    path: where the address has one, a proxy takes off the TLS and the switch sees plain `WS`. */
function socketTo(server: string): WebSocketInterface {
  const socket = new WebSocketInterface(server);
  if (new URL(server).pathname !== '/') {
    socket.via_transport = 'WS';
  }
  return socket;
}

/* FreeSWITCH sends NOTIFYs to a browser only if it takes the contact for one behind NAT; with
   JsSIP's `.invalid` host it does not. No packet is ever sent to this address. */
function contactUri(): string {
  // randomUUID would be missing on pages without TLS.
  const user = crypto.getRandomValues(new Uint32Array(2)).join('');
  return `sip:${user}@10.99.99.99;transport=ws`;
}

class JsSipAgent implements SipAgent {
  readonly #ua: UA;
  readonly #listener: AgentListener;
  readonly #means: CallMeans;
  #calls: readonly JsSipCall[] = [];
  #stopped = false;
  #wasRegistered = false;
  #retries = 0;
  #timer: number | undefined;

  constructor(account: Account, listener: AgentListener, means: Omit<CallMeans, 'isConnected'>) {
    this.#listener = listener;
    this.#means = { ...means, isConnected: () => this.#ua.isConnected() };
    this.#ua = new UA({
      sockets: [socketTo(account.server)],
      uri: `sip:${account.extension}@${account.domain}`,
      password: account.password,
      contact_uri: contactUri(),
      register: true,
      register_expires: 300,
      // FreeSWITCH refuses JsSIP's 90 s with 422, and JsSIP does not try again.
      session_timers: false,
      user_agent: 'sipapp',
      connection_recovery_min_interval: 2,
      connection_recovery_max_interval: 30,
    });
    this.#listen();
  }

  start(): void {
    this.#listener.registering();
    this.#timer = window.setTimeout(() => {
      this.#giveUp(cause(this.#ua.isConnected() ? 'no-reply' : 'unreachable'));
    }, FIRST_TRY);
    this.#ua.start();
  }

  stop(): void {
    this.#stopped = true;
    window.clearTimeout(this.#timer);
    // JsSIP does not know of a call that still waits for the microphone.
    for (const call of this.#calls) {
      call.hangUp();
    }
    this.#ua.stop();
  }

  call(number: string, listener: CallListener): SipCall {
    const target = dialable(number);
    const call = this.#newCall('out', remoteOf(null, target));
    call.listen(listener);
    void call.dial((options) => this.#ua.call(target, options));
    return call;
  }

  #listen(): void {
    this.#ua.on('registered', () => {
      this.#wasRegistered = true;
      this.#retries = 0;
      window.clearTimeout(this.#timer);
      this.#tell((listener) => {
        listener.registered();
      });
    });
    this.#ua.on('registrationFailed', ({ cause: name, response }: RegistrationFailure) => {
      this.#failed(registrationCause(name ?? '', response?.status_code ?? null));
    });
    this.#ua.on('disconnected', () => {
      if (this.#wasRegistered) {
        this.#tell((listener) => {
          listener.registering();
        });
      } else {
        this.#giveUp(cause('unreachable'));
      }
    });
    this.#ua.on('newRTCSession', ({ originator, session }: NewSession) => {
      if (originator === 'remote') {
        this.#incoming(session);
      }
    });
  }

  #failed(why: Cause): void {
    if (!this.#wasRegistered || !isPassing(why)) {
      this.#giveUp(why);
      return;
    }
    this.#tell((listener) => {
      listener.registering();
    });
    window.clearTimeout(this.#timer);
    const wait = RETRIES[this.#retries] ?? LAST_RETRY;
    this.#retries += 1;
    this.#timer = window.setTimeout(() => {
      // Without a connection JsSIP registers by itself as soon as it has one.
      if (this.#ua.isConnected()) {
        this.#ua.register();
      }
    }, wait);
  }

  #giveUp(why: Cause): void {
    window.clearTimeout(this.#timer);
    this.#tell((listener) => {
      listener.failed(why);
    });
  }

  #tell(what: (listener: AgentListener) => void): void {
    if (!this.#stopped) {
      what(this.#listener);
    }
  }

  #incoming(session: RTCSession): void {
    const { display_name: name, uri } = session.remote_identity;
    const call = this.#newCall('in', remoteOf(name, uri.user));
    call.attach(session);
    call.listen(this.#listener.incoming(call));
  }

  #newCall(direction: Direction, remote: Remote): JsSipCall {
    const call = new JsSipCall(direction, remote, this.#means);
    this.#calls = [...this.#calls.filter((other) => !other.isOver), call];
    return call;
  }
}
