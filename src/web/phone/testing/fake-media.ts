/* Fakes of the browser's microphones, speakers and audio graphs: the test plugs devices in and
   unplugs them. The browser tests check that the real ones behave the same. */
import { vi } from 'vitest';

export class FakeTrack extends EventTarget {
  readonly kind = 'audio';
  readyState = 'live';
  enabled = true;

  constructor(readonly label = '') {
    super();
  }
  clone(): FakeTrack {
    const copy = new FakeTrack(this.label);
    copy.readyState = this.readyState;
    return copy;
  }
  stop(): void {
    this.readyState = 'ended';
  }
  /** The device of the track was unplugged. */
  end(): void {
    this.readyState = 'ended';
    this.dispatchEvent(new Event('ended'));
  }
}

export class FakeStream {
  readonly clones: FakeStream[] = [];
  #tracks: FakeTrack[];

  constructor(readonly track: FakeTrack = new FakeTrack()) {
    this.#tracks = [track];
  }
  getTracks(): FakeTrack[] {
    return this.#tracks;
  }
  getAudioTracks(): FakeTrack[] {
    return this.#tracks;
  }
  addTrack(track: FakeTrack): void {
    this.#tracks.push(track);
  }
  removeTrack(track: FakeTrack): void {
    this.#tracks = this.#tracks.filter((one) => one !== track);
  }
  clone(): FakeStream {
    const copy = new FakeStream(this.track.clone());
    this.clones.push(copy);
    return copy;
  }
}

export interface Plugged {
  readonly kind: 'audioinput' | 'audiooutput';
  readonly deviceId: string;
  readonly label: string;
}

export const input = (deviceId: string, label = deviceId): Plugged => ({
  kind: 'audioinput',
  deviceId,
  label,
});
export const output = (deviceId: string, label = deviceId): Plugged => ({
  kind: 'audiooutput',
  deviceId,
  label,
});

interface Asked {
  readonly audio: { readonly deviceId?: { readonly exact: string } };
}

/** A fake of `navigator.mediaDevices`. */
export class FakeDevices extends EventTarget {
  readonly opened: FakeStream[] = [];
  /** Constraints of every capture. */
  readonly asked: Asked['audio'][] = [];
  /** Whether the microphone is allowed: before that devices have no names. */
  allowed = true;
  plugged: readonly Plugged[];

  constructor(...plugged: readonly Plugged[]) {
    super();
    this.plugged = plugged;
  }

  enumerateDevices = vi.fn(() =>
    Promise.resolve(
      this.allowed
        ? this.plugged
        : this.plugged.map((device) => ({ ...device, deviceId: '', label: '' })),
    ),
  );

  getUserMedia = vi.fn(async ({ audio }: Asked): Promise<FakeStream> => {
    await Promise.resolve();
    this.asked.push(audio);
    const inputs = this.plugged.filter((device) => device.kind === 'audioinput');
    const wanted = audio.deviceId?.exact;
    const device = wanted === undefined ? inputs[0] : inputs.find((one) => one.deviceId === wanted);
    if (device === undefined) {
      throw new DOMException('', wanted === undefined ? 'NotFoundError' : 'OverconstrainedError');
    }
    this.allowed = true;
    const stream = new FakeStream(new FakeTrack(device.label));
    this.opened.push(stream);
    return stream;
  });

  /** The label of the open device. */
  get current(): string {
    return this.opened.filter(({ track }) => track.readyState === 'live').at(-1)?.track.label ?? '';
  }

  plug(...plugged: readonly Plugged[]): void {
    const gone = this.plugged.filter((device) => !plugged.includes(device));
    this.plugged = plugged;
    for (const { track } of this.opened) {
      if (gone.some((device) => device.label === track.label)) {
        track.end();
      }
    }
    this.dispatchEvent(new Event('devicechange'));
  }
}

export class FakeSender {
  constructor(public track: FakeTrack | null) {}
  replaceTrack = vi.fn((track: FakeTrack) => {
    this.track = track;
    return Promise.resolve();
  });
}

/** The connection of a call that sends the tracks of the stream. */
export class FakeFeed {
  readonly sender: FakeSender;
  constructor(stream: unknown) {
    this.sender = new FakeSender((stream as FakeStream).getAudioTracks()[0] ?? null);
  }
  getSenders(): FakeSender[] {
    return [this.sender];
  }
}

/** Lets pending promises settle. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 40; turn += 1) {
    await Promise.resolve();
  }
}
