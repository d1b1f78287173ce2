/* Messages for audio faults of a call. */
import type { Finding } from '../model/state';
import type { Fault } from './fault-detector';

interface FaultText {
  /** The fault, without a full stop. */
  readonly text: string;
  /** The likely cause and what to do, in full sentences. */
  readonly remedy: string;
  /** The message once the fault is over. */
  readonly over: string;
  readonly severity: Finding['severity'];
}

const heardAgain = 'The other side can be heard again';
const sendsAgain = 'The other side can hear you again';

const TEXTS: Readonly<Record<Fault, FaultText>> = {
  'no-way': {
    text: 'No way for the sound was found',
    remedy:
      'A firewall may block the sound (UDP), or the server refuses this network’s addresses (its candidate ACL). Try another network; your administrator can set up a TURN server.',
    over: 'There is a way for the sound now',
    severity: 'fault',
  },
  'way-broken': {
    text: 'Sound interrupted',
    remedy:
      'The network has changed or is disturbed. The phone looks for another way; please stay on the line.',
    over: 'The sound has found a way again',
    severity: 'fault',
  },
  'not-played': {
    text: 'You cannot hear the other side: the browser does not play it',
    remedy: 'Click anywhere in this page. Allow sound for it in the browser’s settings.',
    over: heardAgain,
    severity: 'fault',
  },
  'microphone-ended': {
    text: 'The other side does not hear you: the microphone has stopped',
    remedy: 'Connect the microphone again, or choose another one under Sound.',
    over: sendsAgain,
    severity: 'fault',
  },
  'microphone-muted': {
    text: 'The other side does not hear you: the microphone is muted outside of this phone',
    remedy:
      'The system, a switch on the device or another program mutes it. Look there, or choose another microphone under Sound.',
    over: sendsAgain,
    severity: 'fault',
  },
  'nothing-sent': {
    text: 'The other side does not hear you: nothing is sent',
    remedy: 'Choose the microphone again under Sound. If that does not help, call again.',
    over: sendsAgain,
    severity: 'fault',
  },
  'never-received': {
    text: 'Nothing has arrived from the other side',
    remedy:
      'A firewall may let nothing back, or the other side may not know where to send. Call again; if it stays, try another network and tell your administrator.',
    over: 'The other side can be heard',
    severity: 'fault',
  },
  'nothing-received': {
    text: 'Nothing arrives from the other side',
    remedy: 'It may have put you on hold, or lost its connection. If it stays, call again.',
    over: heardAgain,
    severity: 'fault',
  },
  undecodable: {
    text: 'The other side’s sound cannot be played',
    remedy:
      'The two sides may not agree on a codec. Call again; if it stays, ask your administrator to check the codecs.',
    over: heardAgain,
    severity: 'fault',
  },
  'microphone-silent': {
    text: 'Your microphone gives no sound at all',
    remedy:
      'If you speak, nobody hears it. Look for a mute switch on the device, or choose another microphone under Sound.',
    over: 'Your microphone gives sound again',
    severity: 'fault',
  },
  'silence-received': {
    text: 'The other side sends only silence',
    remedy: 'It may be muted, or its microphone gives no sound. Your own connection works.',
    over: heardAgain,
    severity: 'warning',
  },
  'quality-falling': {
    text: 'The connection is getting worse',
    remedy:
      'You may soon not understand each other. Go nearer to the Wi-Fi or use a cable, and stop what else uses the network.',
    over: 'The connection is good again',
    severity: 'warning',
  },
};

export function faultText(fault: Fault): Omit<FaultText, 'over'> {
  const { text, remedy, severity } = TEXTS[fault];
  return { text, remedy, severity };
}

export function repairedText(fault: Fault): string {
  return TEXTS[fault].over;
}
