/* A fake of the browser's audio graph and of a device that vibrates: the test sees which sound
   plays, where, and at what volume. */
import { vi } from 'vitest';

interface Heard {
  readonly length: number;
  readonly loop: boolean;
  readonly sink: string;
  readonly volume: number;
}

export class FakeContext extends EventTarget {
  state: 'suspended' | 'running' = 'suspended';
  sink = '';
  readonly sources = new Set<FakeSource>();
  readonly destination = {};
  gain = { value: 1 };

  constructor(readonly audio: FakeAudio) {
    super();
    audio.contexts.push(this);
    if (audio.routes === 'contexts') {
      Object.assign(this, { setSinkId: this.#route });
    }
  }
  resume(): Promise<void> {
    if (!this.audio.allowed) {
      // Chromium leaves the promise pending until a click.
      return new Promise(() => undefined);
    }
    this.state = 'running';
    this.dispatchEvent(new Event('statechange'));
    return Promise.resolve();
  }
  suspend(): Promise<void> {
    this.state = 'suspended';
    return Promise.resolve();
  }
  createBuffer(_channels: number, length: number): { length: number; copyToChannel: () => void } {
    return { length, copyToChannel: () => undefined };
  }
  readonly #route = (sink: string): Promise<void> => {
    if (sink === 'gone') {
      return Promise.reject(new DOMException('', 'NotFoundError'));
    }
    this.sink = sink;
    return Promise.resolve();
  };
}

class FakeSource extends EventTarget {
  constructor(
    readonly context: FakeContext,
    readonly options: { readonly buffer: { readonly length: number }; readonly loop: boolean },
  ) {
    super();
  }
  connect(): void {
    // Connects to the gain of its context, the only one.
  }
  start(): void {
    this.context.sources.add(this);
  }
  stop(): void {
    if (this.context.sources.delete(this)) {
      this.dispatchEvent(new Event('ended'));
    }
  }
}

class FakeGain {
  readonly gain: { value: number };
  constructor(context: FakeContext, options: { gain: number }) {
    this.gain = context.gain = { value: options.gain };
  }
  connect(): void {
    // The browser tests check the destination.
  }
  disconnect(): void {
    // As above.
  }
}

export class FakeElement extends EventTarget {
  sinkId = '';
  paused = true;
  srcObject: unknown = null;
  src = '';
  autoplay = false;

  constructor(readonly audio: FakeAudio) {
    super();
    audio.elements.push(this);
  }
  get sink(): string {
    return this.sinkId;
  }
  setSinkId(sink: string): Promise<void> {
    this.sinkId = sink;
    return Promise.resolve();
  }
  play(): Promise<void> {
    if (!this.audio.allowed) {
      return Promise.reject(new DOMException('', 'NotAllowedError'));
    }
    this.paused = false;
    return Promise.resolve();
  }
  pause(): void {
    this.paused = true;
  }
  removeAttribute(): void {
    this.src = '';
  }
}

export class FakeAudio {
  readonly contexts: FakeContext[] = [];
  readonly elements: FakeElement[] = [];
  readonly vibrations: unknown[] = [];
  /** Whether the autoplay policy allows sound, as it does after a click. */
  allowed = true;
  /** Whether the page was clicked. */
  hasBeenActive = true;
  /** The kinds of output that can be sent to a chosen device. */
  routes: 'contexts' | 'elements' | 'nothing' = 'contexts';

  constructor() {
    const make = <Made>(build: (...given: never[]) => Made) =>
      vi.fn(function (...given: never[]) {
        return build(...given);
      });
    vi.stubGlobal(
      'AudioContext',
      make(() => new FakeContext(this)),
    );
    vi.stubGlobal('AudioBufferSourceNode', FakeSource);
    vi.stubGlobal('GainNode', FakeGain);
    vi.stubGlobal(
      'MediaStreamAudioDestinationNode',
      make(() => ({ stream: {} })),
    );
    vi.stubGlobal(
      'Audio',
      make(() => new FakeElement(this)),
    );
    vi.stubGlobal('HTMLMediaElement', {});
    Object.defineProperty(HTMLMediaElement, 'prototype', {
      get: () => (this.routes === 'nothing' ? {} : { setSinkId: () => undefined }),
    });
    const userActivation = {};
    Object.defineProperty(userActivation, 'hasBeenActive', { get: () => this.hasBeenActive });
    vi.stubGlobal('navigator', {
      userActivation,
      vibrate: (pattern: unknown) => this.vibrations.push(pattern),
    });
  }

  /** The sounds that play now. */
  sounding(): Heard[] {
    return this.contexts.flatMap(({ sources, sink, gain }) =>
      [...sources].map(({ options }) => ({
        length: options.buffer.length,
        loop: options.loop,
        sink,
        volume: gain.value,
      })),
    );
  }

  /** A sound that plays once reaches its end. */
  end(): void {
    for (const { sources } of this.contexts) {
      for (const source of sources) {
        if (!source.options.loop) {
          source.stop();
        }
      }
    }
  }
}
