/* Causes of failures, with a message and a remedy for each. */
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

/** The message for a cause; `detail` (for example a SIP status) is added in brackets. */
export function cause(code: CauseCode, detail?: string): Cause {
  const [text, remedy] = words[code];
  return { code, text: detail === undefined ? text : `${text} (${detail})`, remedy };
}

/** The cause of a getUserMedia failure, by the name of its DOMException. */
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
