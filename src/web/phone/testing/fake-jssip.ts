/* A fake of JsSIP for unit tests, by `vi.mock`. The browser tests check that the real one behaves
   the same. */
import { EventEmitter } from 'events';
import type { AnswerHandlers, DialogEntry } from '../sip/internals';

/** Every UA that was created, the newest last. */
export const uas: UA[] = [];

export class WebSocketInterface {
  via_transport: string;

  constructor(readonly url: string) {
    this.via_transport = url.startsWith('wss:') ? 'WSS' : 'WS';
  }
}

class FakeConnection extends EventTarget {
  iceGatheringState = 'new';
  iceConnectionState = 'new';
  connectionState = 'connected';
  /** The tones that were inserted, and their duration and pause. */
  readonly tones: (readonly [string, number, number])[] = [];
  getSenders(): unknown[] {
    const insertDTMF = (...tones: readonly [string, number, number]): unknown =>
      this.tones.push(tones);
    return [{ dtmf: { toneBuffer: '', insertDTMF } }];
  }
  gathering(): void {
    this.iceGatheringState = 'gathering';
    this.dispatchEvent(new Event('icegatheringstatechange'));
  }
}

export class FakeSession extends EventEmitter {
  readonly log: string[] = [];
  readonly connection = new FakeConnection();
  /** The callbacks for responses to requests in the dialog. */
  readonly sent: AnswerHandlers[] = [];
  /** The internal fields of JsSIP that the adapter reads. */
  _request: { readonly call_id: string } | null = null;
  _from_tag: string | null = null;
  _dialog: { readonly id: Readonly<Record<string, string>> } | null = null;
  remote_identity = { display_name: 'Ann\u202E', uri: { user: '1001' } };
  readonly local_identity = { uri: { user: '1000' } };
  over = false;

  constructor() {
    super();
    // JsSIP's own listener, which comes before all others.
    this.connection.addEventListener('iceconnectionstatechange', () => {
      if (this.connection.iceConnectionState === 'failed') {
        this.terminate({});
      }
    });
  }

  init_incoming(_request: unknown, first: () => void): void {
    first();
  }
  isEnded(): boolean {
    return this.over;
  }
  answer(options: { mediaStream: unknown; pcConfig: unknown }): void {
    this.log.push(`answer ${JSON.stringify(options.pcConfig)}`);
    this.emit('peerconnection', { peerconnection: this.connection });
  }
  terminate(options: { status_code?: number }): void {
    this.log.push(`terminate ${options.status_code ?? ''}`.trim());
    this.finish('failed', { originator: 'local', cause: 'Canceled', message: null });
  }
  finish(event: 'ended' | 'failed', data: Record<string, unknown>): void {
    this.over = true;
    this.emit(event, data);
  }
  sendRequest(_method: string, { eventHandlers }: { eventHandlers: AnswerHandlers }): void {
    this.sent.push(eventHandlers);
  }
  mute(): void {
    this.log.push('mute');
  }
  unmute(): void {
    this.log.push('unmute');
  }
  receiveRequest(): void {
    this.log.push('receive');
  }
}

export { FakeSession as RTCSession };

export class FakeSubscriber extends EventEmitter {
  readonly #name: string;
  readonly #log: string[];
  constructor(name: string, log: string[]) {
    super();
    this.#name = name;
    this.#log = log;
  }
  subscribe(): void {
    this.#log.push(`subscribe to ${this.#name}`);
  }
  terminate(): void {
    this.#log.push(`end ${this.#name}`);
  }
}

export class UA extends EventEmitter {
  readonly log: string[] = [];
  readonly _dialogs: Record<string, DialogEntry> = {};
  readonly sessions: FakeSession[] = [];
  readonly subscribers: FakeSubscriber[] = [];
  connected = true;
  /** HA1 and realm, once challenged. */
  digest: Record<string, string> = {};
  badTarget = false;
  answersOptions = true;
  connecting = false;
  readonly transport = {
    isConnecting: () => this.connecting,
    connect: () => {
      this.log.push('connect');
    },
  };
  constructor(readonly configuration: Record<string, unknown>) {
    super();
    uas.push(this);
  }
  start(): void {
    this.log.push('start');
  }
  stop(): void {
    this.log.push('stop');
  }
  register(): void {
    this.log.push('register');
  }
  get(what: string): string | null {
    return this.digest[what] ?? null;
  }
  subscribe(target: string, event: string): FakeSubscriber {
    const subscriber = new FakeSubscriber(`${event} of ${target}`, this.log);
    this.subscribers.push(subscriber);
    return subscriber;
  }
  sendOptions(
    _target: string,
    _body: undefined,
    { eventHandlers }: { eventHandlers: { succeeded(event: object): void } },
  ): void {
    if (this.answersOptions) {
      eventHandlers.succeeded({ response: {} });
    }
  }
  isConnected(): boolean {
    return this.connected;
  }
  call(target: string, options: { pcConfig: unknown; extraHeaders?: string[] }): FakeSession {
    if (this.badTarget) {
      throw new TypeError('Invalid target');
    }
    const { pcConfig, extraHeaders = [] } = options;
    this.log.push(`call ${target} ${JSON.stringify(pcConfig)}`, ...extraHeaders);
    const session = new FakeSession();
    session._request = { call_id: `call-${this.sessions.length}` };
    session._from_tag = 'ours';
    this.sessions.push(session);
    return session;
  }
}
