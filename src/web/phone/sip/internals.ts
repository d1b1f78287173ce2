/* What the adapter has to know of JsSIP beyond its types. The version is pinned to 3.13; each
   use says where it stands in lib/RTCSession.js of 3.13.8. */
import type { RTCSession } from 'jssip/lib/RTCSession';

interface Internals {
  /** `_dialog`: null until the call was answered. */
  readonly _dialog: {
    readonly id: {
      readonly call_id: string;
      readonly local_tag: string;
      readonly remote_tag: string;
    };
  } | null;
  _localHold: boolean;
  /** `_createLocalDescription`: a gathering was said to be enough before it was complete. */
  _iceReady: boolean;
  _setLocalMediaStatus(): void;
  /** What every request in the dialog goes through. */
  sendRequest(method: string, options?: { eventHandlers?: AnswerHandlers }): unknown;
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

export function internalsOf(session: RTCSession): Internals {
  return session as unknown as Internals;
}
