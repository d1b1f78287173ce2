/* The adapter around JsSIP, whose code only this folder imports. JsSIP's debug output stays off: it
   would print Authorization headers. */
import { UA, WebSocketInterface } from 'jssip';
import type { RTCSession } from 'jssip/lib/RTCSession';
import { load } from '../../shared/loading';
import { isTemporary, registrationCause } from './status-causes';
import { cause, type Cause } from '../model/causes';
import type {
  AgentFactory,
  AgentListener,
  CallListener,
  DialogIdentity,
  SipAgent,
  SipCall,
  HeldDialogListener,
} from './edge';
import type { Direction, Remote } from '../model/call';
import type { Account } from '../model/account';
import { JsSipCall, type CallDeps } from './jssip-call';
import { connectionProbe } from './connection';
import {
  digestOfUa,
  onUnsolicitedNotify,
  type NewSessionEvent,
  type RegistrationFailedEvent,
  type SipMessage,
} from './internals';
import { asksForAnswer } from './intercom';
import { loadCallParts } from './lazy-call-parts';
import { voicemailOf } from './message-summary';
import { Liveness } from './liveness';
import { invitingCaller, remoteOf } from './remote';
import { holdDialogPlace } from './placeholder-dialog';
import type { Subscriptions } from './subscriptions';

/** Limit of the first registration, in ms; JsSIP alone would retry for ever. */
const FIRST_REGISTRATION_TIMEOUT_MS = 15_000;
/** Delays before a failed REGISTER is retried, in ms; JsSIP never retries one. */
const RETRY_DELAYS_MS = [2_000, 5_000, 10_000, 30_000] as const;
const MAX_RETRY_DELAY_MS = 30_000;

type AgentDeps = Omit<CallDeps, 'isConnected' | 'replace'>;

/** `iceServers` is called for each call: TURN credentials expire. */
export function jsSipAgents(
  iceServers: () => readonly RTCIceServer[],
  { microphone, outputs }: Pick<CallDeps, 'microphone' | 'outputs'>,
): AgentFactory {
  return (account, listener) =>
    new JsSipAgent(account, listener, { microphone, outputs, iceServers });
}

/** FreeSWITCH answers by the transport that Via names. A switch's own bindings have no path: if the
    address has one, a proxy terminates TLS and the switch sees plain `WS`. */
function socketTo(server: string): WebSocketInterface {
  const socket = new WebSocketInterface(server);
  if (new URL(server).pathname !== '/') {
    socket.via_transport = 'WS';
  }
  return socket;
}

/* FreeSWITCH sends NOTIFYs to a browser only if it considers the contact to be behind NAT; with
   JsSIP's `.invalid` host it does not. No packet is ever sent to this address. Its user is whom
   FreeSWITCH reports to others as the one who answers (switch_ivr_originate.c:2971). */
function contactUri(extension: string): string {
  // Each page has a contact of its own. randomUUID is missing on pages without TLS.
  const page = crypto.getRandomValues(new Uint32Array(2)).join('');
  return `sip:${extension}@10.99.99.99;transport=ws;line=${page}`;
}

class JsSipAgent implements SipAgent {
  readonly #ua: UA;
  readonly #listener: AgentListener;
  readonly #deps: CallDeps;
  readonly #extension: string;
  #watches: Subscriptions | null = null;
  #watched: readonly string[] = [];
  readonly #liveness: Liveness;
  /** Sessions that are to replace another call, with the listener that is notified. */
  readonly #replacing = new WeakMap<RTCSession, CallListener['replaced']>();
  #calls: readonly JsSipCall[] = [];
  #stopped = false;
  #wasRegistered = false;
  #retries = 0;
  #timer: number | undefined;

  constructor(account: Account, listener: AgentListener, deps: AgentDeps) {
    this.#listener = listener;
    this.#deps = {
      ...deps,
      isConnected: () => this.#ua.isConnected(),
      replace: (old, accept) => {
        accept((session) => this.#replacing.set(session, (call) => old.replacedBy(call)));
      },
    };
    const socket = socketTo(account.server);
    this.#ua = new UA({
      sockets: [socket],
      uri: `sip:${account.extension}@${account.domain}`,
      ...('password' in account
        ? { password: account.password }
        : { ha1: account.ha1, realm: account.realm }),
      contact_uri: contactUri(account.extension),
      register: true,
      register_expires: 300,
      // FreeSWITCH refuses JsSIP's 90 s with 422, and JsSIP does not try again.
      session_timers: false,
      user_agent: 'sipapp',
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 30,
    });
    this.#extension = account.extension;
    this.#liveness = this.#livenessOf(socket, account.domain);
    this.#listenToRegistration(account.domain);
    this.#listenToOthers();
  }

  start(): void {
    this.#listener.registering();
    this.#timer = window.setTimeout(() => {
      this.#giveUp(cause(this.#ua.isConnected() ? 'no-reply' : 'unreachable'));
    }, FIRST_REGISTRATION_TIMEOUT_MS);
    this.#ua.start();
    this.#liveness.start();
  }

  stop(): void {
    this.#stopped = true;
    window.clearTimeout(this.#timer);
    // JsSIP does not know a call that still waits for the microphone.
    for (const call of this.#calls) {
      call.hangUp();
    }
    this.#watches?.set([]);
    this.#liveness.stop();
    this.#ua.stop();
  }

  call(target: string, listener: CallListener, number = target): SipCall {
    const call = this.#newCall('out', remoteOf(null, number));
    call.listen(listener);
    void call.dial((options) => this.#ua.call(target, options));
    return call;
  }

  takeOver(
    number: string,
    { callId, localTag, remoteTag }: DialogIdentity,
    remote: Remote,
    listener: CallListener,
  ): SipCall {
    // RFC 3891, section 3: the tags as the other side of the dialog sees them. For an INVITE whose
    // answer was lost only our tag is known; FreeSWITCH then looks the call up by the Call-ID alone
    // (sofia.c, nua_handle_by_call_id).
    const theirs = remoteTag === '' ? '0' : remoteTag;
    const replaces = `Replaces: ${callId};to-tag=${theirs};from-tag=${localTag}`;
    const call = this.#newCall('out', remote);
    call.listen(listener);
    void call.dial((options) => {
      const extraHeaders = [...options.extraHeaders, replaces];
      return this.#ua.call(number, { ...options, extraHeaders });
    }, 'takeover');
    return call;
  }

  holdDialog(dialog: DialogIdentity, listener: HeldDialogListener): () => void {
    return holdDialogPlace(this.#ua, dialog, {
      replacing: (session) => {
        this.#replacing.set(session, (call) => listener.replaced(call));
      },
      ended: () => {
        listener.ended({ kind: 'normal' });
      },
    });
  }

  reconnect(): void {
    this.#liveness.renew();
  }

  watch(extensions: readonly string[]): void {
    this.#watched = extensions;
    this.#watches?.set(extensions);
  }

  #livenessOf(socket: WebSocketInterface, domain: string): Liveness {
    return new Liveness({
      ...connectionProbe(this.#ua, socket, domain),
      isWanted: () => this.#wasRegistered,
      onConnectionSurvived: () => {
        for (const call of this.#calls) {
          call.checkPath();
        }
      },
    });
  }

  /** Subscriptions and parts of calls are loaded only when the phone is registered, to keep the first page small. */
  async #startWatching(domain: string): Promise<void> {
    void loadCallParts();
    const module = await load(() => import('./subscriptions')).catch(() => null);
    if (module === null || this.#stopped || !this.#ua.isConnected()) {
      return;
    }
    this.#watches ??= new module.Subscriptions(this.#ua, {
      extension: this.#extension,
      domain,
      presence: (extension, presence) => {
        this.#notify((listener) => {
          listener.presence(extension, presence);
        });
      },
      messages: (body) => {
        this.#onMessageSummary(body);
      },
    });
    this.#watches.set(this.#watched);
    this.#watches.start();
  }

  #listenToRegistration(domain: string): void {
    this.#ua.on('connected', () => {
      this.#notify((listener) => {
        listener.connected(true);
      });
    });
    this.#ua.on('registered', () => {
      this.#wasRegistered = true;
      this.#retries = 0;
      window.clearTimeout(this.#timer);
      this.#notify((listener) => {
        listener.registered(digestOfUa(this.#ua));
      });
      void this.#startWatching(domain);
    });
    this.#ua.on('registrationFailed', ({ cause: name, response }: RegistrationFailedEvent) => {
      this.#failed(registrationCause(name ?? '', response?.status_code ?? null));
    });
    this.#ua.on('disconnected', () => {
      this.#watches?.onConnectionLost();
      this.#notify((listener) => {
        listener.connected(false);
      });
      if (this.#wasRegistered) {
        this.#notify((listener) => {
          listener.registering();
        });
      } else {
        this.#giveUp(cause('unreachable'));
      }
    });
  }

  #listenToOthers(): void {
    this.#ua.on('newRTCSession', ({ originator, session, request }: NewSessionEvent) => {
      if (originator === 'remote') {
        this.#incoming(session, request);
      }
    });
    // Message counts arrive without a subscription.
    onUnsolicitedNotify(this.#ua, 'message-summary', ({ body }) => {
      this.#onMessageSummary(body ?? '');
    });
  }

  #onMessageSummary(body: string): void {
    const voicemail = voicemailOf(body, this.#extension);
    if (voicemail !== null) {
      this.#notify((listener) => {
        listener.voicemail(voicemail);
      });
    }
  }

  #failed(reason: Cause): void {
    if (!this.#wasRegistered || !isTemporary(reason)) {
      this.#giveUp(reason);
      return;
    }
    this.#notify((listener) => {
      listener.registering();
    });
    window.clearTimeout(this.#timer);
    const wait = RETRY_DELAYS_MS[this.#retries] ?? MAX_RETRY_DELAY_MS;
    this.#retries += 1;
    this.#timer = window.setTimeout(() => {
      // Without a connection JsSIP registers by itself as soon as it has one.
      if (this.#ua.isConnected()) {
        this.#ua.register();
      }
    }, wait);
  }

  #giveUp(reason: Cause): void {
    window.clearTimeout(this.#timer);
    this.#notify((listener) => {
      listener.failed(reason);
    });
  }

  #notify(send: (listener: AgentListener) => void): void {
    if (!this.#stopped) {
      send(this.#listener);
    }
  }

  #incoming(session: RTCSession, request: SipMessage): void {
    const { display_name: name, uri } = session.remote_identity;
    const caller = invitingCaller(request, remoteOf(name, uri.user));
    const call = this.#newCall('in', caller, asksForAnswer(request));
    call.attach(session, request);
    const replaced = this.#replacing.get(session);
    if (replaced === undefined) {
      call.listen(this.#listener.incoming(call));
      return;
    }
    // A sender that knows the dialog is authorised: one of its two sides disclosed it (RFC 3891,
    // section 8).
    const listener = replaced(call);
    call.listen(listener);
    if (listener === null) {
      call.reject('busy');
    } else {
      call.answer();
    }
  }

  #newCall(direction: Direction, remote: Remote, isIntercom = false): JsSipCall {
    const call = new JsSipCall(direction, remote, this.#deps, isIntercom);
    this.#calls = [...this.#calls.filter((other) => !other.isOver), call];
    return call;
  }
}
