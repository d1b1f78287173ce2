/* The cause of a failure, from a SIP response or a JsSIP event. JsSIP names causes after groups of
   SIP responses (503 and 422 are both `SIP Failure Code`), so the response itself is read first. */
import { failed, type Direction, type Outcome } from '../model/call';
import { cause, type Cause, type CauseCode } from '../model/causes';

const byStatus: Readonly<Record<number, CauseCode>> = {
  400: 'refused',
  401: 'sign-in-refused',
  403: 'not-permitted',
  404: 'not-found',
  407: 'sign-in-refused',
  408: 'no-answer',
  410: 'not-found',
  415: 'no-common-audio',
  480: 'unavailable',
  484: 'incomplete',
  486: 'busy',
  487: 'no-answer',
  488: 'no-common-audio',
  503: 'server-full',
  504: 'no-reply',
  600: 'busy',
  603: 'declined',
  604: 'not-found',
  606: 'no-common-audio',
};

/** Causes that JsSIP reports without a response of the server. */
const byName: Readonly<Record<string, CauseCode>> = {
  'Connection Error': 'connection-lost',
  'Request Timeout': 'no-reply',
  'Dialog Error': 'connection-lost',
  'No ACK': 'connection-lost',
  'No Answer': 'no-answer',
  Expires: 'no-answer',
  'User Denied Media Access': 'microphone-denied',
  'Incompatible SDP': 'no-common-audio',
  'Missing SDP': 'no-common-audio',
  'Bad Media Description': 'no-common-audio',
  'WebRTC Error': 'browser-fault',
  'Internal Error': 'browser-fault',
  'RTP Timeout': 'audio-lost',
};

/** The cause for a final SIP response. */
export function causeOfStatus(status: number): Cause {
  const known = byStatus[status];
  if (known !== undefined) {
    return known === 'refused' ? cause(known, `SIP ${status}`) : cause(known);
  }
  if (status >= 300 && status < 400) {
    return cause('moved');
  }
  return cause(status >= 500 && status < 600 ? 'server-error' : 'refused', `SIP ${status}`);
}

/** The end of a call as JsSIP reports it. */
export interface CallEnd {
  readonly direction: Direction;
  readonly answered: boolean;
  readonly byUs: boolean;
  readonly name: string;
  /** The final response to our INVITE, if it ended the call. */
  readonly status: number | null;
  /** Whether the WebSocket was up at that moment. */
  readonly connected: boolean;
  /** The Reason header of the CANCEL that ended an incoming call. */
  readonly reason: string;
}

/** The outcome of a call that this side did not end. */
export function outcomeOf(end: CallEnd): Outcome {
  const own = byName[end.name];
  if (end.direction === 'out' && !end.answered && end.status !== null && end.status >= 300) {
    return failed(causeOfStatus(end.status));
  }
  if (end.direction === 'out' && !end.answered && end.name === 'Canceled') {
    // JsSIP reports Canceled also when the INVITE could not be sent or timed out.
    return failed(cause(end.connected ? 'no-reply' : 'connection-lost'));
  }
  if (end.direction === 'in' && !end.answered) {
    if (end.name === 'Canceled' && !end.byUs) {
      return { kind: /cause\s*=\s*200\b/i.test(end.reason) ? 'elsewhere' : 'missed' };
    }
    if (own === 'no-answer') {
      return { kind: 'missed' };
    }
  }
  return own === undefined ? { kind: 'normal' } : failed(cause(own));
}

/** The cause of a failed REGISTER. FreeSWITCH answers 403 to a wrong password and to an unknown
    user. */
export function registrationCause(name: string, status: number | null): Cause {
  if (status === null) {
    return cause(name === 'Request Timeout' ? 'no-reply' : 'unreachable');
  }
  if (status === 401 || status === 403 || status === 404 || status === 407) {
    return cause('wrong-password');
  }
  return status === 408 ? cause('no-reply') : causeOfStatus(status);
}

/** Whether the cause is temporary, so that registering again may help. */
export function isTemporary(failure: Cause): boolean {
  return (
    failure.code === 'no-reply' ||
    failure.code === 'unreachable' ||
    failure.code === 'server-full' ||
    failure.code === 'server-error'
  );
}
