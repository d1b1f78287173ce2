/* What the adapter uses of JsSIP beyond its types, with the place in JsSIP 3.13.8. This module is
   the only one that does: `internals.test.ts` checks it with the real package, and fails when the
   version changes. */
import * as JsSIP from 'jssip';
import type { UA, WebSocketInterface } from 'jssip';
import type { EventEmitter } from 'events';
import type { RTCSession, TerminateOptions } from 'jssip/lib/RTCSession';
import type { Digest } from '../model/account';
import type { Direction } from '../model/call';
import type { DialogIdentity } from './edge';

/* What JsSIP's events carry where its types are wrong. */

export interface SipMessage {
  readonly status_code?: number;
  readonly body: string | null;
  getHeader(name: string): string | undefined;
}

/** `registrationFailed` (lib/UA.js:447): no response after a timeout. */
export interface RegistrationFailedEvent {
  readonly cause?: string;
  readonly response: { readonly status_code: number } | null;
}

/** `newRTCSession` (lib/RTCSession.js:361). */
export interface NewSessionEvent {
  readonly originator: string;
  readonly session: RTCSession;
  readonly request: SipMessage;
}

/** `ended` and `failed` (lib/RTCSession.js:2559, :2576): no message if this side ended the session. */
export interface EndEvent {
  readonly originator: string;
  readonly message: Partial<SipMessage> | null;
  readonly cause: string;
}

/** `sdp` (lib/RTCSession.js:521): JsSIP uses what a handler writes into it. */
export interface DescriptionEvent {
  readonly originator: string;
  sdp: string;
}

/** `reinvite` (lib/RTCSession.js:1560) and `update` (:1644). */
export interface ReinviteEvent {
  readonly request: SipMessage;
  readonly reject: (options: { status_code: number }) => void;
}

/** `newInfo` (lib/RTCSession/Info.js:74): it was answered already. */
export interface InfoEvent {
  readonly originator: string;
  readonly request: SipMessage;
}

/** `replaces` (lib/RTCSession.js:1865): makes JsSIP accept the new session; `init` gets it first. */
export type AcceptReplacement = (init: (session: RTCSession) => void) => void;

/** `requestFailed` and `failed` of a REFER (lib/RTCSession/ReferSubscriber.js:121, :103). */
export interface ReferRefusedEvent {
  readonly response: { readonly status_code: number } | null;
}
export interface ReferFailedEvent {
  readonly status_line: { readonly status_code: number };
}

/* Sessions. */

interface SessionInternals {
  /** RTCSession.js:51: null until the call was answered. */
  readonly _dialog: {
    readonly id: {
      readonly call_id: string;
      readonly local_tag: string;
      readonly remote_tag: string;
    };
  } | null;
  /** RTCSession.js:61 and :54: the INVITE, and the tag of its sender. */
  readonly _request: { readonly call_id: string } | null;
  readonly _from_tag: string | null;
  /** RTCSession.js:96. */
  _localHold: boolean;
  /** RTCSession.js:78, :1425: gathering was declared sufficient before it was complete. */
  _iceReady: boolean;
  /** RTCSession.js:2401. */
  _setLocalMediaStatus(): void;
  /** RTCSession.js:1035: sends every request in the dialog. */
  sendRequest(method: string, options?: { eventHandlers?: AnswerHandlers }): unknown;
  /** RTCSession.js:1052: receives every request in the dialog. */
  receiveRequest(request: InDialogRequest): void;
  /** RTCSession.js:299: starts with an INVITE; `first` is called before the UA reports it. */
  init_incoming(request: unknown, first: () => void): void;
  /** RTCSession.js:1275: ends the session here without sending a message. */
  _close(): void;
}

/** A request in a dialog that is not answered yet. */
export interface InDialogRequest extends SipMessage {
  readonly method: string;
  reply(status: number, reason: null, headers: readonly string[]): void;
}

/** Callbacks for the response to a request in a dialog (lib/Dialog/RequestSender.js). */
export interface AnswerHandlers {
  readonly onErrorResponse?: (response: { readonly status_code: number }) => void;
  /** Called for 408 and 481. */
  readonly onDialogError?: (response: { readonly status_code: number }) => void;
}

function internalsOf(session: RTCSession): SessionInternals {
  return session as unknown as SessionInternals;
}

/** The identifiers of a session's dialog; null before an INVITE was sent or received. */
export function dialogOf(session: RTCSession, direction: Direction): DialogIdentity | null {
  const { _dialog, _request, _from_tag } = internalsOf(session);
  const id = _dialog?.id;
  if (id !== undefined) {
    return { callId: id.call_id, localTag: id.local_tag, remoteTag: id.remote_tag };
  }
  const ours = direction === 'out' ? (_from_tag ?? '') : '';
  return _request === null ? null : { callId: _request.call_id, localTag: ours, remoteTag: '' };
}

/** The connection of a session; undefined at first, although its type says otherwise. */
export function connectionOf(session: RTCSession | null): RTCPeerConnection | null {
  return (session?.connection as RTCPeerConnection | null | undefined) ?? null;
}

/** Ends a session without a BYE. */
export function closeSilently(session: RTCSession): void {
  internalsOf(session)._close();
}

/** Makes the next offer wait for new candidates, also if an earlier gathering was cut short. */
export function expectNewCandidates(session: RTCSession): void {
  internalsOf(session)._iceReady = false;
}

/** Resets the hold state of a session after a re-INVITE that was refused. */
export function resetHold(session: RTCSession, held: boolean): void {
  const internals = internalsOf(session);
  internals._localHold = held;
  internals._setLocalMediaStatus();
}

/** The reasons with which JsSIP ends a session after a re-INVITE that was refused, or that was open
    when the connection broke (RTCSession.js:890, :933, :972, :1219, :1229). */
const REINVITE_FAILURES: readonly unknown[] = [
  'Hold Failed',
  'Unhold Failed',
  'Media Renegotiation Failed',
  'Connection Error',
  'Request Timeout',
];

/** Keeps a session after a failed re-INVITE, which JsSIP would end (RTCSession.js:580), where
    `refused` says that a re-INVITE was open. Also ignores a second end: JsSIP would throw, as for a
    session that was replaced. */
export function surviveFailedReinvites(session: RTCSession, refused: () => boolean): void {
  const terminate = session.terminate.bind(session);
  session.terminate = (options?: TerminateOptions) => {
    const isRefusal = REINVITE_FAILURES.includes(options?.reason_phrase) && refused();
    if (!isRefusal && !session.isEnded()) {
      terminate(options);
    }
  };
}

/** Keeps a session after a 408, which ends a dialog as 481 does (RFC 3261, section 12.2.1.2, and
    JsSIP). An unreachable other side may be changing its network or reloading its page, and take
    the call over afterwards. */
export function surviveTimeouts(session: RTCSession): void {
  const internals = internalsOf(session);
  const send = internals.sendRequest.bind(session);
  internals.sendRequest = (method, options) =>
    send(
      method,
      options?.eventHandlers && {
        ...options,
        eventHandlers: ignoringTimeout(options.eventHandlers),
      },
    );
}

/** Answers UPDATEs without an offer, which change nothing of the session (RFC 3311, 5.2), whatever
    its state is: JsSIP refuses them by 403 before the answer and between a re-INVITE and its ACK
    (RTCSession.js:1178). `heard` is called for each. */
export function answerUpdates(session: RTCSession, heard: (update: SipMessage) => void): void {
  const internals = internalsOf(session);
  const receive = internals.receiveRequest.bind(session);
  internals.receiveRequest = (request) => {
    if (request.method === 'UPDATE' && !request.body && !session.isEnded()) {
      request.reply(200, null, [`Contact: ${session.contact}`]);
      heard(request);
    } else {
      receive(request);
    }
  };
}

function ignoringTimeout(handlers: AnswerHandlers): AnswerHandlers {
  return {
    ...handlers,
    onDialogError: (response) => {
      const handler = response.status_code === 408 ? handlers.onErrorResponse : undefined;
      (handler ?? handlers.onDialogError)?.(response);
    },
  };
}

/* Dialogs. */

/** A dialog as `UA` needs it. */
export interface DialogEntry {
  /** Receives an INVITE that replaces it (lib/UA.js:531). */
  readonly owner: { isEnded(): boolean; receiveRequest(request: unknown): void };
  /** Receives the requests in it (lib/UA.js:604). */
  receiveRequest(request: DialogRequest): void;
}

export interface DialogRequest {
  readonly method: string;
  reply(status: number): void;
}

/** Puts a dialog into the table in which `UA` looks up the dialog of a request (lib/UA.js:58),
    unless it is there; the returned function removes it. */
export function addDialog(
  ua: UA,
  { callId, localTag, remoteTag }: DialogIdentity,
  entry: DialogEntry,
): () => void {
  const { _dialogs: dialogs } = ua as unknown as { _dialogs: Record<string, DialogEntry> };
  // As lib/Dialog.js:41 makes it.
  const id = `${callId}${localTag}${remoteTag}`;
  dialogs[id] ??= entry;
  return () => {
    if (dialogs[id] === entry) {
      // eslint-disable-next-line @typescript-eslint/no-dynamic-delete -- it is JsSIP's own table
      delete dialogs[id];
    }
  };
}

interface JsSipClasses {
  readonly RTCSession: new (ua: UA) => RTCSession;
}

/** Creates a session from an INVITE (as lib/UA.js:546 does); `first` gets it before the UA reports
    it. The types omit that JsSIP exports the class. */
export function receiveInvite(
  ua: UA,
  request: unknown,
  first: (session: RTCSession) => void,
): void {
  const session = new (JsSIP as unknown as JsSipClasses).RTCSession(ua);
  internalsOf(session).init_incoming(request, () => {
    first(session);
  });
}

/* The UA and its connection. */

interface UaInternals {
  /** lib/UA.js:302: HA1 and realm replace the password after the first challenge. */
  get(what: 'ha1' | 'realm'): string | null;
  /** lib/UA.js:99; lib/Transport.js:85 and :140. */
  readonly transport: { connect(): void; isConnecting(): boolean };
  /** lib/UA.js:224. */
  sendOptions(
    target: string,
    body: undefined,
    options: { readonly eventHandlers: Readonly<Record<'succeeded' | 'failed', OptionsHandler>> },
  ): void;
}
type OptionsHandler = (event: { readonly response?: unknown }) => void;

function internalsOfUa(ua: UA): UaInternals {
  return ua as unknown as UaInternals;
}

/** The digest credential that replaces the password once the switch has sent a challenge. */
export function digestOfUa(ua: UA): Digest | undefined {
  const ha1 = internalsOfUa(ua).get('ha1');
  const realm = internalsOfUa(ua).get('realm');
  return ha1 === null || realm === null ? undefined : { ha1, realm };
}

export function isConnecting(ua: UA): boolean {
  return internalsOfUa(ua).transport.isConnecting();
}

/** Sends an OPTIONS; `answered` is called for any response. A failure without one is a timeout or a
    closed socket. */
export function sendOptions(ua: UA, target: string, answered: () => void): void {
  const heard: OptionsHandler = ({ response }) => {
    if (response !== undefined && response !== null) {
      answered();
    }
  };
  const eventHandlers = { succeeded: heard, failed: heard };
  internalsOfUa(ua).sendOptions(target, undefined, { eventHandlers });
}

/** Treats a connection as closed (lib/WebSocketInterface.js:105): on a dead one the closing
    handshake would have to time out first. */
export function abandonSocket(socket: WebSocketInterface): void {
  socket.disconnect();
  const internals = socket as unknown as {
    ondisconnect(error: boolean, code: number, reason: string): void;
  };
  internals.ondisconnect(true, 4000, 'no answer');
}

/** Connects at once: JsSIP alone would wait for 1 to 30 s, longer with each failure. */
export function connectNow(ua: UA): void {
  internalsOfUa(ua).transport.connect();
}

/** Calls back for a NOTIFY of an event without a subscription (`sipEvent`, lib/UA.js:580). */
export function onUnsolicitedNotify(
  ua: UA,
  event: string,
  heard: (request: SipMessage) => void,
): void {
  interface SipEvent {
    readonly event: { readonly event: string } | undefined;
    readonly request: SipMessage;
  }
  (ua as EventEmitter).on('sipEvent', ({ event: named, request }: SipEvent) => {
    if (named?.event === event) {
      heard(request);
    }
  });
}
