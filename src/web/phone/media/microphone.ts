/* The microphone: one capture for all calls, and a clone of its track for each call. Muting or
   holding a call disables its track, and a shared track would mute the other calls too. */
import { mediaDevices } from './devices';

export interface Wanted {
  /** Id of the chosen device; null for the system's default device. */
  readonly deviceId: string | null;
  readonly echoCancellation: boolean;
  readonly noiseSuppression: boolean;
  readonly autoGainControl: boolean;
}

const ANY: Wanted = {
  deviceId: null,
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
};

/** The user of a lent stream: a call, a meter or a recording. */
interface Feed {
  readonly connection?: RTCPeerConnection;
  /** Called when the microphone is gone, and when it is back. */
  readonly onSilence?: (silent: boolean) => void;
  /** Called when the stream has received a track of another device. */
  readonly replaced?: () => void;
}

interface Source {
  readonly wanted: Wanted;
  readonly stream: Promise<MediaStream>;
}

export class Microphone {
  /** Called with the label of a device that was opened, and with null when the device is gone
      during a call. */
  changed: (label: string | null) => void = () => undefined;
  readonly #wanted: () => Wanted;
  #source: Source | null = null;
  readonly #lent = new Map<MediaStream, Feed>();
  #isSilent = false;
  #waiting = 0;
  #turn: Promise<void> = Promise.resolve();

  constructor(wanted: () => Wanted = () => ANY) {
    this.#wanted = wanted;
  }

  /** Whether a call uses the microphone, or waits for it. */
  isLent(): boolean {
    return this.#lent.size > 0 || this.#waiting > 0;
  }

  /** A separate stream for the caller, to be returned with `release`. Throws as getUserMedia does. */
  async acquire(): Promise<MediaStream> {
    this.#waiting += 1;
    try {
      return await this.#lend();
    } finally {
      this.#waiting -= 1;
    }
  }

  /** Connects the stream to its user: from now on it follows a change of device. */
  feed(stream: MediaStream, feed: Feed): void {
    if (this.#lent.has(stream)) {
      this.#lent.set(stream, feed);
    }
  }

  /** Stops the stream, and the capture after the last stream, so that the browser's recording
      indicator goes out. */
  release(stream: MediaStream): void {
    stopAll(stream);
    this.#lent.delete(stream);
    if (!this.isLent()) {
      this.#close();
    }
  }

  /** Opens the chosen device if the choice changed or the old device is gone, and gives its track
      to every lent stream. Throws as getUserMedia does; everything then stays as it was.
      @param always Also if the browser reports no change. */
  reopen(always = false): Promise<void> {
    const turn = this.#turn.then(() => this.#switch(always));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Gives a lent stream a new clone of the capture's track. */
  async attach(stream: MediaStream): Promise<void> {
    const feed = this.#lent.get(stream);
    const source = await this.#source?.stream;
    if (feed !== undefined && source !== undefined) {
      await give(source, stream, feed);
    }
  }

  async #switch(always: boolean): Promise<void> {
    const wanted = this.#wanted();
    const isOpen = this.#source !== null && isSame(this.#source.wanted, wanted);
    if (!this.isLent() || (isOpen && !this.#isSilent && !always)) {
      return;
    }
    const next = { wanted, stream: this.#open(wanted) };
    let stream: MediaStream;
    try {
      stream = await next.stream;
    } catch (error) {
      this.#tell(this.#source === null);
      throw error;
    }
    const old = this.#source;
    this.#source = next;
    if (!this.isLent()) {
      this.#close();
    }
    await Promise.all([...this.#lent].map(([lent, feed]) => give(stream, lent, feed)));
    void old?.stream.then(stopAll, () => undefined);
    this.#tell(false);
  }

  #tell(silent: boolean): void {
    if (silent !== this.#isSilent) {
      this.#isSilent = silent;
      for (const feed of this.#lent.values()) {
        feed.onSilence?.(silent);
      }
    }
  }

  async #lend(): Promise<MediaStream> {
    for (;;) {
      const source = (this.#source ??= this.#start());
      try {
        const stream = await source.stream;
        // The choice may have changed while the device was opened: then the newer device is used.
        if (source === this.#source) {
          const copy = stream.clone();
          this.#lent.set(copy, {});
          return copy;
        }
      } catch (error) {
        if (source === this.#source) {
          this.#source = null;
          throw error;
        }
      }
    }
  }

  #start(): Source {
    const wanted = this.#wanted();
    return { wanted, stream: this.#open(wanted) };
  }

  #close(): void {
    void this.#source?.stream.then(stopAll, () => undefined);
    this.#source = null;
    this.#isSilent = false;
  }

  async #open(wanted: Wanted): Promise<MediaStream> {
    const stream = await capture(wanted);
    for (const track of stream.getTracks()) {
      // Unplugged: the tracks of the lent streams have ended too, and the next stream has to open
      // another device.
      track.addEventListener('ended', () => {
        void this.#source?.stream.then((current) => {
          if (current === stream) {
            this.#source = null;
            this.changed(null);
          }
        });
      });
    }
    this.changed(stream.getTracks()[0]?.label ?? '');
    return stream;
  }
}

async function capture(wanted: Wanted): Promise<MediaStream> {
  const devices = mediaDevices();
  if (devices === undefined) {
    const error = new Error('navigator.mediaDevices is undefined');
    error.name = 'InsecurePageError';
    throw error;
  }
  const { deviceId, ...processing } = wanted;
  if (deviceId === null) {
    return devices.getUserMedia({ audio: processing, video: false });
  }
  const audio = { ...processing, deviceId: { exact: deviceId } };
  try {
    return await devices.getUserMedia({ audio, video: false });
  } catch (error) {
    if (error instanceof Error && error.name === 'NotAllowedError') {
      throw error;
    }
    // The device was just unplugged, or another program uses it: any other device is accepted.
    return devices.getUserMedia({ audio: processing, video: false });
  }
}

/** Replaces the track of a lent stream with a clone of the capture's track. */
async function give(
  capture: MediaStream,
  lent: MediaStream,
  { connection, replaced }: Feed,
): Promise<void> {
  const track = capture.getAudioTracks()[0]?.clone();
  const old = lent.getAudioTracks()[0];
  if (track === undefined) {
    return;
  }
  if (old !== undefined) {
    track.enabled = old.enabled;
    lent.removeTrack(old);
  }
  lent.addTrack(track);
  const senders =
    connection?.getSenders().filter((sender) => sender.track === (old ?? null) || !sender.track) ??
    [];
  // `replaceTrack` rejects on a connection that was closed meanwhile; its call is over.
  await Promise.allSettled(senders.map((sender) => sender.replaceTrack(track)));
  old?.stop();
  replaced?.();
}

function isSame(one: Wanted, other: Wanted): boolean {
  return (
    one.deviceId === other.deviceId &&
    one.echoCancellation === other.echoCancellation &&
    one.noiseSuppression === other.noiseSuppression &&
    one.autoGainControl === other.autoGainControl
  );
}

function stopAll(stream: MediaStream): void {
  for (const track of stream.getTracks()) {
    track.stop();
  }
}
