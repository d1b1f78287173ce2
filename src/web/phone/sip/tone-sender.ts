/* DTMF tones of a call by RFC 4733 in its audio, from early media on. JsSIP would lose those before
   the path of the audio is up, and throw while the direction of the audio keeps this side silent. */

/** Duration of a tone and of the pause between two, in milliseconds. */
const TONE_MS = 100;
const PAUSE_MS = 100;

export class ToneSender {
  readonly #connection: RTCPeerConnection;
  /** Digits that wait for the path. */
  #queue = '';

  constructor(connection: RTCPeerConnection) {
    this.#connection = connection;
    for (const event of ['connectionstatechange', 'signalingstatechange']) {
      connection.addEventListener(event, this.#flush);
    }
  }

  send(digits: string): void {
    this.#queue += digits;
    this.#flush();
  }

  readonly #flush = (): void => {
    const { connectionState } = this.#connection;
    if (this.#queue === '' || connectionState !== 'connected') {
      return;
    }
    const sender = this.#connection.getSenders().find(({ dtmf }) => dtmf !== null)?.dtmf;
    // Not every browser has canInsertDTMF.
    if (sender && (sender.canInsertDTMF as boolean | undefined) !== false) {
      sender.insertDTMF(sender.toneBuffer + this.#queue, TONE_MS, PAUSE_MS);
      this.#queue = '';
    }
  };
}
