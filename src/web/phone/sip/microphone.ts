/* One capture for all calls, a clone of its track for each: muting or holding one call
   disables its track, and a shared one would go silent in the others too. */

const WANTED: MediaStreamConstraints = {
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  video: false,
};

export class Microphone {
  #source: Promise<MediaStream> | null = null;
  readonly #lent = new Set<MediaStream>();
  #waiting = 0;

  /** A stream of the caller's own, to be given back by `release`. */
  async acquire(): Promise<MediaStream> {
    this.#waiting += 1;
    try {
      this.#source ??= this.#open();
      const stream = (await this.#source).clone();
      this.#lent.add(stream);
      return stream;
    } catch (error) {
      this.#source = null;
      throw error;
    } finally {
      this.#waiting -= 1;
    }
  }

  /** Stops the stream, and the capture itself after the last one: the browser's sign goes out. */
  release(stream: MediaStream): void {
    stopAll(stream);
    this.#lent.delete(stream);
    if (this.#lent.size === 0 && this.#waiting === 0) {
      void this.#source?.then(stopAll);
      this.#source = null;
    }
  }

  async #open(): Promise<MediaStream> {
    // Undefined on http:// pages other than localhost, whatever the types say.
    const devices = navigator.mediaDevices as MediaDevices | undefined;
    if (devices === undefined) {
      const error = new Error('navigator.mediaDevices is undefined');
      error.name = 'InsecurePageError';
      throw error;
    }
    const stream = await devices.getUserMedia(WANTED);
    for (const track of stream.getTracks()) {
      // Unplugged: what is lent has ended too, and the next call has to open another device.
      track.addEventListener('ended', () => {
        this.#source = null;
      });
    }
    return stream;
  }
}

function stopAll(stream: MediaStream): void {
  for (const track of stream.getTracks()) {
    track.stop();
  }
}
