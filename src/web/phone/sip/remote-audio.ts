/** Plays what the other side sends. An element of its own per call, outside the document. */
export class RemoteAudio {
  readonly #element = new Audio();

  constructor(connection: RTCPeerConnection) {
    this.#element.autoplay = true;
    // On `track`, not on the answer: an announcement or a tone may come before it.
    connection.addEventListener('track', (event) => {
      this.#element.srcObject = event.streams[0] ?? new MediaStream([event.track]);
    });
  }

  stop(): void {
    this.#element.srcObject = null;
  }
}
