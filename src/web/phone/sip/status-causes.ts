/* What went wrong, in plain words and with what to do. JsSIP names causes after groups of
   SIP answers (503 and 422 are both `SIP Failure Code`), so the answer itself is asked first. */
import type { Direction, Outcome } from './edge';

const words = {
  busy: ['Busy', 'The other side is in another call. Try again later.'],
  declined: ['Declined', 'The other side does not want to take the call now.'],
  'not-found': ['Number not found', 'Check the number. The other side may also be offline.'],
  'no-answer': ['No answer', 'Nobody took the call. Try again later.'],
  unavailable: ['Not available', 'The other side is offline or takes no calls. Try again later.'],
  'not-permitted': [
    'Not permitted',
    'The server does not let this extension make this call. Ask your administrator.',
  ],
  incomplete: ['Number incomplete', 'Some digits are missing. Check the number.'],
  'invalid-number': ['Not a number that can be called', 'Use digits, * and #, or a SIP address.'],
  moved: ['Number has moved', 'The server sends the call elsewhere. Ask for the new number.'],
  'wrong-password': ['Wrong extension or password', 'Check both and register again.'],
  'sign-in-refused': [
    'The server did not accept the password',
    'Unregister and register again. The password may have been changed.',
  ],
  'microphone-denied': [
    'Microphone blocked',
    'Allow the microphone for this page in the address bar of the browser, then try again.',
  ],
  'microphone-missing': ['No microphone found', 'Connect a microphone or headset and try again.'],
  'microphone-in-use': [
    'Microphone not usable',
    'Another program may be using it. Close that program, or connect the microphone again.',
  ],
  'insecure-page': [
    'No microphone on this address',
    'Browsers give the microphone only to https:// pages and to localhost. Open the page that way.',
  ],
  unreachable: [
    'Server cannot be reached',
    'Check the network and the server address under Settings.',
  ],
  'no-reply': [
    'Server does not reply',
    'Try again in a moment. If it stays, ask your administrator.',
  ],
  'tab-silent': [
    'Another tab of this phone does not answer',
    'Close the other tab, then register here again.',
  ],
  'connection-lost': [
    'Connection to the server lost',
    'The phone reconnects by itself. Call again when it is registered.',
  ],
  'server-lost-call': ['The server lost the call', 'It was interrupted or restarted. Call again.'],
  'no-common-audio': [
    'No common audio format',
    'The two sides share no codec or encryption. Ask your administrator to check the codecs.',
  ],
  'no-network': [
    'No network path for audio',
    'Check the network connection, and extensions that block WebRTC.',
  ],
  'microphone-lost': [
    'Microphone disconnected',
    'The other side does not hear you. Connect the microphone again, or choose another one.',
  ],
  'audio-lost': ['Audio connection lost', 'A network or firewall stopped the audio. Call again.'],
  'audio-broken': [
    'Sound interrupted',
    'The network has changed or is disturbed. The phone looks for another way; please stay on the line.',
  ],
  'server-full': ['Server too busy', 'It takes no more calls at the moment. Try again later.'],
  'server-error': ['Server error', 'The server could not do it. Ask your administrator.'],
  'browser-fault': ['The browser could not set up the call', 'Reload the page and try again.'],
  refused: ['Refused by the server', 'Ask your administrator.'],
} as const satisfies Record<string, readonly [string, string]>;

export type CauseCode = keyof typeof words;

export interface Cause {
  readonly code: CauseCode;
  /** What happened, without a full stop. */
  readonly text: string;
  /** What to do about it, in full sentences. */
  readonly remedy: string;
}

/** The words for a cause; `detail` (a SIP status, say) is added in brackets. */
export function cause(code: CauseCode, detail?: string): Cause {
  const [text, remedy] = words[code];
  return { code, text: detail === undefined ? text : `${text} (${detail})`, remedy };
}

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

/** Causes that JsSIP finds by itself, without an answer of the server. */
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

/** What a final answer of SIP means. */
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

/** The outcome of a call that went wrong. */
export function failed(why: Cause): Outcome {
  return { kind: 'failed', cause: why };
}

/** How JsSIP reported the end of a call. */
export interface CallEnd {
  readonly direction: Direction;
  readonly answered: boolean;
  readonly byUs: boolean;
  readonly name: string;
  /** The final answer to our INVITE, if it was one that ended the call. */
  readonly status: number | null;
  /** Whether the WebSocket was up at that moment. */
  readonly connected: boolean;
  /** The Reason header of the CANCEL that ended an incoming call. */
  readonly reason: string;
}

/** What became of a call that we did not end ourselves. */
export function outcomeOf(end: CallEnd): Outcome {
  const own = byName[end.name];
  if (end.direction === 'out' && !end.answered && end.status !== null && end.status >= 300) {
    return failed(causeOfStatus(end.status));
  }
  if (end.direction === 'out' && !end.answered && end.name === 'Canceled') {
    // JsSIP cancels in our name when the INVITE could not be sent or nobody replied to it.
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

/** Why a REGISTER failed. FreeSWITCH answers 403 to a wrong password and to an unknown user. */
export function registrationCause(name: string, status: number | null): Cause {
  if (status === null) {
    return cause(name === 'Request Timeout' ? 'no-reply' : 'unreachable');
  }
  if (status === 401 || status === 403 || status === 404 || status === 407) {
    return cause('wrong-password');
  }
  return status === 408 ? cause('no-reply') : causeOfStatus(status);
}

/** Whether registering again without a change may help. */
export function isPassing(failure: Cause): boolean {
  return (
    failure.code === 'no-reply' ||
    failure.code === 'unreachable' ||
    failure.code === 'server-full' ||
    failure.code === 'server-error'
  );
}

/** Why getUserMedia refused, by the name of its DOMException. */
export function microphoneCause(error: unknown): Cause {
  const name = error instanceof Error || error instanceof DOMException ? error.name : '';
  switch (name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return cause('microphone-denied');
    case 'NotFoundError':
    case 'OverconstrainedError':
      return cause('microphone-missing');
    case 'InsecurePageError':
      return cause('insecure-page');
    default:
      return cause('microphone-in-use');
  }
}
