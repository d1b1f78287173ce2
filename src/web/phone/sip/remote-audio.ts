import type { Outputs } from '../media/outputs';

/** Plays the other side's audio, on a separate element per call, outside the document. */
export class RemoteAudio {
  readonly #outputs: Outputs;
  #element: HTMLAudioElement | null = null;

  constructor(connection: RTCPeerConnection, outputs: Outputs) {
    this.#outputs = outputs;
    // On `track`, not on the answer: an announcement or a tone may come before it.
    connection.addEventListener('track', (event) => {
      this.stop();
      this.#element = outputs.play(event.streams[0] ?? new MediaStream([event.track]));
    });
  }

  get element(): HTMLAudioElement | null {
    return this.#element;
  }

  stop(): void {
    if (this.#element !== null) {
      this.#outputs.stop(this.#element);
      this.#element = null;
    }
  }
}
