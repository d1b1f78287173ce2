/* What the adapter has to know of JsSIP beyond its types. The version is pinned to 3.13; each
   use says where it stands in lib/RTCSession.js of 3.13.8. */
import type { RTCSession } from 'jssip/lib/RTCSession';
import type { DialogIdentity } from './edge';
import type { Direction } from '../model/call';

interface Internals {
  /** `_dialog`: null until the call was answered. */
  readonly _dialog: {
    readonly id: {
      readonly call_id: string;
      readonly local_tag: string;
      readonly remote_tag: string;
    };
  } | null;
  /** `connect`, `init_incoming`: the INVITE, and the tag of who sent it. */
  readonly _request: { readonly call_id: string } | null;
  readonly _from_tag: string | null;
  _localHold: boolean;
  /** `_createLocalDescription`: a gathering was said to be enough before it was complete. */
  _iceReady: boolean;
  _setLocalMediaStatus(): void;
  /** What every request in the dialog goes through. */
  sendRequest(method: string, options?: { eventHandlers?: AnswerHandlers }): unknown;
  /** Begins with an INVITE that came; `first` is called before the UA hears of it. */
  init_incoming(request: unknown, first: () => void): void;
  /** Ends the session here, and sends nothing. */
  _close(): void;
}

/** Who hears of the answer to a request in a dialog (lib/Dialog/RequestSender.js). */
export interface AnswerHandlers {
  readonly onErrorResponse?: (response: Answer) => void;
  /** Of 408 and 481. */
  readonly onDialogError?: (response: Answer) => void;
}

interface Answer {
  readonly status_code: number;
}

/** What `UA` looks in for the session that a request is for (lib/UA.js, `receiveRequest`). */
export interface Dialogs {
  readonly _dialogs: Record<string, StandIn>;
}

/** A dialog as `UA` needs it. */
export interface StandIn {
  /** Who gets an INVITE that replaces it. */
  readonly owner: { isEnded(): boolean; receiveRequest(request: unknown): void };
  /** Gets what is sent in it. */
  receiveRequest(request: InDialog): void;
}

export interface InDialog {
  readonly method: string;
  reply(status: number): void;
}

export function internalsOf(session: RTCSession): Internals {
  return session as unknown as Internals;
}

/** Null before an INVITE was sent or has come. */
export function dialogOf(session: RTCSession, direction: Direction): DialogIdentity | null {
  const { _dialog, _request, _from_tag } = internalsOf(session);
  const id = _dialog?.id;
  if (id !== undefined) {
    return { callId: id.call_id, localTag: id.local_tag, remoteTag: id.remote_tag };
  }
  const ours = direction === 'out' ? (_from_tag ?? '') : '';
  return _request === null ? null : { callId: _request.call_id, localTag: ours, remoteTag: '' };
}
