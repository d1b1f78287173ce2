/* What the adapter knows of JsSIP beyond its types, with the place in JsSIP 3.13.8. Nothing else
   in this folder does: `internals.test.ts` tries it with the real package, and fails when the
   version moves. */
import * as JsSIP from 'jssip';
import type { UA, WebSocketInterface } from 'jssip';
import type { EventEmitter } from 'events';
import type { RTCSession, TerminateOptions } from 'jssip/lib/RTCSession';
import type { Digest } from '../model/account';
import type { Direction } from '../model/call';
import type { DialogIdentity } from './edge';

/* What JsSIP's events carry, where its types promise what it does not keep. */

export interface SipMessage {
  readonly status_code?: number;
  readonly body: string | null;
  getHeader(name: string): string | undefined;
}

/** `registrationFailed` (lib/UA.js:447): no response after a time-out. */
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

/** `ended` and `failed` (lib/RTCSession.js:2559, :2576): no message of what ended here. */
export interface EndEvent {
  readonly originator: string;
  readonly message: Partial<SipMessage> | null;
  readonly cause: string;
}

/** `sdp` (lib/RTCSession.js:521): JsSIP goes on with what is written into it. */
export interface DescriptionEvent {
  readonly originator: string;
  sdp: string;
}

/** `reinvite` (lib/RTCSession.js:1560). */
export interface ReinviteEvent {
  readonly request: { readonly body: string | null };
  readonly reject: (options: { status_code: number }) => void;
}

/** `replaces` (lib/RTCSession.js:1865): makes JsSIP take the new session; `init` gets it first. */
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
  /** RTCSession.js:61 and :54: the INVITE, and the tag of who sent it. */
  readonly _request: { readonly call_id: string } | null;
  readonly _from_tag: string | null;
  /** RTCSession.js:96. */
  _localHold: boolean;
  /** RTCSession.js:78, :1425: a gathering was said to be enough before it was complete. */
  _iceReady: boolean;
  /** RTCSession.js:2401. */
  _setLocalMediaStatus(): void;
  /** RTCSession.js:1035: every request in the dialog goes through it. */
  sendRequest(method: string, options?: { eventHandlers?: AnswerHandlers }): unknown;
  /** RTCSession.js:299: begins with an INVITE; `first` is called before the UA hears of it. */
  init_incoming(request: unknown, first: () => void): void;
  /** RTCSession.js:1275: ends the session here, and sends nothing. */
  _close(): void;
}

/** Hear of the answer to a request in a dialog (lib/Dialog/RequestSender.js). */
export interface AnswerHandlers {
  readonly onErrorResponse?: (response: { readonly status_code: number }) => void;
  /** Of 408 and 481. */
  readonly onDialogError?: (response: { readonly status_code: number }) => void;
}

function internalsOf(session: RTCSession): SessionInternals {
  return session as unknown as SessionInternals;
}

/** The identifiers of a session's dialog; null before an INVITE was sent or has come. */
export function dialogOf(session: RTCSession, direction: Direction): DialogIdentity | null {
  const { _dialog, _request, _from_tag } = internalsOf(session);
  const id = _dialog?.id;
  if (id !== undefined) {
    return { callId: id.call_id, localTag: id.local_tag, remoteTag: id.remote_tag };
  }
  const ours = direction === 'out' ? (_from_tag ?? '') : '';
  return _request === null ? null : { callId: _request.call_id, localTag: ours, remoteTag: '' };
}

/** The connection of a session, which has none at first, whatever the types say. */
export function connectionOf(session: RTCSession | null): RTCPeerConnection | null {
  return (session?.connection as RTCPeerConnection | null | undefined) ?? null;
}

/** Ends a session without a BYE. */
export function closeSilently(session: RTCSession): void {
  internalsOf(session)._close();
}

/** Has the next offer wait for new candidates, also if an earlier gathering was cut short. */
export function expectNewCandidates(session: RTCSession): void {
  internalsOf(session)._iceReady = false;
}

/** Takes the session's own idea of the hold back, after a re-INVITE that was refused. */
export function resetHold(session: RTCSession, held: boolean): void {
  const internals = internalsOf(session);
  internals._localHold = held;
  internals._setLocalMediaStatus();
}

/** What JsSIP says when it ends a session for a re-INVITE that was refused, or that was open when
    the connection broke (RTCSession.js:890, :933, :972, :1219, :1229). */
const REINVITE_FAILURES: readonly unknown[] = [
  'Hold Failed',
  'Unhold Failed',
  'Media Renegotiation Failed',
  'Connection Error',
  'Request Timeout',
];

/** JsSIP ends a session (RTCSession.js:580) whose re-INVITE has failed. With this it goes on where
    `refused` says that a re-INVITE was open; and a session that has ended is not ended twice, for
    which JsSIP would throw: it does so with one that was replaced. */
export function surviveFailedReinvites(session: RTCSession, refused: () => boolean): void {
  const terminate = session.terminate.bind(session);
  session.terminate = (options?: TerminateOptions) => {
    const isRefusal = REINVITE_FAILURES.includes(options?.reason_phrase) && refused();
    if (!isRefusal && !session.isEnded()) {
      terminate(options);
    }
  };
}

/** RFC 3261, section 12.2.1.2, has a dialog end on 408 as on 481, and so does JsSIP. With this it
    goes on after a 408: who could not be reached in that moment may be on the way from one network
    to another, or loading the page again, and take the call over yet. */
export function surviveTimeouts(session: RTCSession): void {
  const internals = internalsOf(session);
  const send = internals.sendRequest.bind(session);
  internals.sendRequest = (method, options) =>
    send(
      method,
      options?.eventHandlers && { ...options, eventHandlers: tolerant(options.eventHandlers) },
    );
}

function tolerant(handlers: AnswerHandlers): AnswerHandlers {
  return {
    ...handlers,
    onDialogError: (response) => {
      const heard = response.status_code === 408 ? handlers.onErrorResponse : undefined;
      (heard ?? handlers.onDialogError)?.(response);
    },
  };
}

/* Dialogs. */

/** A dialog as `UA` needs it. */
export interface DialogEntry {
  /** Gets an INVITE that replaces it (lib/UA.js:531). */
  readonly owner: { isEnded(): boolean; receiveRequest(request: unknown): void };
  /** Gets what is sent in it (lib/UA.js:604). */
  receiveRequest(request: DialogRequest): void;
}

export interface DialogRequest {
  readonly method: string;
  reply(status: number): void;
}

/** Puts a dialog into the table in which `UA` looks up the dialog of a request (lib/UA.js:58),
    unless it is there; the result removes it. */
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

/** Makes a session of an INVITE (as lib/UA.js:546 does); `first` gets it before the UA tells of it.
    The types do not know that JsSIP exports the class. */
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
  /** lib/UA.js:302: HA1 and realm take the place of the password after the first challenge. */
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

/** What stands for the password once the switch has asked for one. */
export function digestOfUa(ua: UA): Digest | undefined {
  const ha1 = internalsOfUa(ua).get('ha1');
  const realm = internalsOfUa(ua).get('realm');
  return ha1 === null || realm === null ? undefined : { ha1, realm };
}

export function isConnecting(ua: UA): boolean {
  return internalsOfUa(ua).transport.isConnecting();
}

/** Sends an OPTIONS; `answered` is called for any answer. A failure without one is a time-out or
    a socket that is gone. */
export function sendOptions(ua: UA, target: string, answered: () => void): void {
  const heard: OptionsHandler = ({ response }) => {
    if (response !== undefined && response !== null) {
      answered();
    }
  };
  const eventHandlers = { succeeded: heard, failed: heard };
  internalsOfUa(ua).sendOptions(target, undefined, { eventHandlers });
}

/** Takes a connection for closed (lib/WebSocketInterface.js:105): the closing handshake of a dead
    one would have to time out first. */
export function abandonSocket(socket: WebSocketInterface): void {
  socket.disconnect();
  const internals = socket as unknown as {
    ondisconnect(error: boolean, code: number, reason: string): void;
  };
  internals.ondisconnect(true, 4000, 'no answer');
}

/** Connects at once: JsSIP alone would wait for 1 to 30 s, the longer the more often it failed. */
export function connectNow(ua: UA): void {
  internalsOfUa(ua).transport.connect();
}

/** Calls back for a NOTIFY of an event that was not subscribed to (`sipEvent`, lib/UA.js:580). */
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
