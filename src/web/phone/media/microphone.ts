/* One capture for all calls, a clone of its track for each: muting or holding one call
   disables its track, and a shared one would go silent in the others too. */
import { mediaDevices } from './devices';

export interface Wanted {
  /** Null for the system's default device. */
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

/** What a lent stream goes to. */
interface Feed {
  readonly connection?: RTCPeerConnection;
  /** Told when there is no microphone any more, and when there is one again. */
  readonly silenced?: (silent: boolean) => void;
  /** Told when the stream has got a track of another device. */
  readonly replaced?: () => void;
}

interface Source {
  readonly wanted: Wanted;
  readonly stream: Promise<MediaStream>;
}

export class Microphone {
  /** Called when a device was opened (its label), and when it went away under a call (null). */
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

  /** Whether a call has the microphone, or waits for it. */
  isLent(): boolean {
    return this.#lent.size > 0 || this.#waiting > 0;
  }

  /** A stream of the caller's own, to be given back by `release`. Throws as getUserMedia does. */
  async acquire(): Promise<MediaStream> {
    this.#waiting += 1;
    try {
      return await this.#lend();
    } finally {
      this.#waiting -= 1;
    }
  }

  /** From now on a change of device reaches what the stream goes to. */
  feed(stream: MediaStream, feed: Feed): void {
    if (this.#lent.has(stream)) {
      this.#lent.set(stream, feed);
    }
  }

  /** Stops the stream, and the capture itself after the last one: the browser's sign goes out. */
  release(stream: MediaStream): void {
    stopAll(stream);
    this.#lent.delete(stream);
    if (!this.isLent()) {
      this.#close();
    }
  }

  /** Opens what is wanted by now, if that is something else or the old device is gone, and gives
      it to everybody who has a stream. Throws as getUserMedia does; all then stays as it was.
      @param always Also if nothing has changed that the browser tells of. */
  reopen(always = false): Promise<void> {
    const turn = this.#turn.then(() => this.#switch(always));
    this.#turn = turn.catch(() => undefined);
    return turn;
  }

  /** Gives a lent stream another track of what is open. */
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
        feed.silenced?.(silent);
      }
    }
  }

  async #lend(): Promise<MediaStream> {
    for (;;) {
      const source = (this.#source ??= this.#start());
      try {
        const stream = await source.stream;
        // A change of device may have come in between: then the new one is to be lent.
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
      // Unplugged: what is lent has ended too, and the next one has to open another device.
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
    // Pulled out a moment ago, or taken by another program: any other one will do.
    return devices.getUserMedia({ audio: processing, video: false });
  }
}

/** Puts a clone of the capture's track in the place of the one that `lent` has. */
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
  // A connection that was closed meanwhile refuses; its call is over.
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
