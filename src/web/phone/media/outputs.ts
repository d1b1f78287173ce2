/* Audio output of calls: all audio elements on the one chosen device. */

/** Whether pages may choose the output device; Safari can from 18.4 on. */
export function canChooseOutput(): boolean {
  return 'setSinkId' in HTMLMediaElement.prototype;
}

export class Outputs {
  /** Called when the browser's autoplay policy blocks an element until a click. */
  blocked: () => void = () => undefined;
  readonly #elements = new Set<HTMLAudioElement>();
  #sink = '';

  /** Plays a stream until `stop`. */
  play(stream: MediaStream): HTMLAudioElement {
    const element = new Audio();
    element.autoplay = true;
    element.srcObject = stream;
    this.#add(element);
    return element;
  }

  /** Plays a recording to its end. */
  async playOnce(recording: Blob): Promise<void> {
    const element = new Audio();
    const url = URL.createObjectURL(recording);
    const ended = new Promise((resolve) => {
      element.addEventListener('ended', resolve);
      element.addEventListener('error', resolve);
    });
    element.src = url;
    this.#add(element);
    await ended;
    // Without this the recording would be loaded once more when the element is emptied.
    element.removeAttribute('src');
    this.stop(element);
    URL.revokeObjectURL(url);
  }

  stop(element: HTMLAudioElement): void {
    element.pause();
    element.srcObject = null;
    this.#elements.delete(element);
  }

  /** Moves all elements to a device; an empty id is the system's default. */
  route(sink: string): void {
    this.#sink = sink;
    for (const element of this.#elements) {
      this.#route(element);
    }
  }

  /** Plays the elements that the browser has blocked; to be called on a person's click. */
  unlock(): void {
    for (const element of this.#elements) {
      if (element.paused) {
        this.#start(element);
      }
    }
  }

  #add(element: HTMLAudioElement): void {
    this.#elements.add(element);
    this.#route(element);
    this.#start(element);
  }

  #start(element: HTMLAudioElement): void {
    element.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === 'NotAllowedError') {
        this.blocked();
      }
    });
  }

  #route(element: HTMLAudioElement): void {
    if ('setSinkId' in element && element.sinkId !== this.#sink) {
      // The device was just unplugged: `devicechange` follows and another one is chosen.
      element.setSinkId(this.#sink).catch(() => undefined);
    }
  }
}
