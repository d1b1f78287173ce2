/* JsSIP alone, as in its own first example: the page that `bench/phone_times.py` compares the phone
   with. Never shipped. */
import JsSIP from 'jssip';
import type { RTCSession } from 'jssip/lib/RTCSession';
import type { IncomingRTCSessionEvent, OutgoingRTCSessionEvent } from 'jssip/lib/UA';

const audioOnly = { mediaConstraints: { audio: true, video: false } };
const far = element('far', HTMLAudioElement);
const show = (state: string): void => {
  document.body.dataset['state'] = state;
};
let session: RTCSession | null = null;

function element<T extends HTMLElement>(id: string, kind: new () => T): T {
  const found = document.getElementById(id);
  if (!(found instanceof kind)) {
    throw new Error(`#${id} is missing`);
  }
  return found;
}

const text = (id: string): string => element(id, HTMLInputElement).value;

function begun({ session: next }: IncomingRTCSessionEvent | OutgoingRTCSessionEvent): void {
  session = next;
  const direction: string = next.direction;
  show(direction === 'incoming' ? 'incoming' : 'talking');
  next.on('confirmed', () => {
    show('talking');
  });
  const over = (): void => {
    session = null;
    show('registered');
  };
  next.on('ended', over);
  next.on('failed', over);
  next.on('peerconnection', ({ peerconnection }) => {
    listen(peerconnection);
  });
  // An outgoing call already has one.
  const connection = next.connection as RTCPeerConnection | null | undefined;
  if (connection !== null && connection !== undefined) {
    listen(connection);
  }
}

function listen(connection: RTCPeerConnection): void {
  connection.addEventListener('track', ({ streams }) => {
    far.srcObject = streams[0] ?? null;
  });
}

element('register', HTMLFormElement).addEventListener('submit', (event) => {
  event.preventDefault();
  const agent = new JsSIP.UA({
    sockets: [new JsSIP.WebSocketInterface(text('server'))],
    uri: `sip:${text('extension')}@${text('domain')}`,
    password: text('password'),
    // FreeSWITCH refuses JsSIP's 90 s (422), and JsSIP does not try again.
    session_timers: false,
  });
  agent.on('registered', () => {
    show('registered');
  });
  agent.on('newRTCSession', begun);
  agent.start();
  element('call', HTMLFormElement).addEventListener('submit', (calling) => {
    calling.preventDefault();
    agent.call(`sip:${text('number')}@${text('domain')}`, audioOnly);
  });
});

element('answer', HTMLButtonElement).addEventListener('click', () => {
  session?.answer(audioOnly);
});

element('hang-up', HTMLButtonElement).addEventListener('click', () => {
  session?.terminate();
});

element('register-now', HTMLButtonElement).disabled = false;
