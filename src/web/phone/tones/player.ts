import { pause } from '../../shared/timers';
import { SAMPLE_RATE } from './patterns';

/** How long to wait for the autoplay permission, in ms. Most browsers grant it at once and give no
    answer when they refuse. */
const UNLOCK_TIMEOUT_MS = 500;

/** An output for tones: an audio graph with a volume and a device of its own. */
export class Player {
  /** Called when the browser blocks the sound until a click, and when it allows it. */
  blocked: (blocked: boolean) => void = () => undefined;
  #context: AudioContext | null = null;
  #gain: GainNode | null = null;
  #source: AudioBufferSourceNode | null = null;
  #element: HTMLAudioElement | null = null;
  #sink = '';
  #volume = 1;

  /** Plays the samples, looped or once, in place of the current sound. */
  play(samples: Float32Array<ArrayBuffer>, loop: boolean): void {
    this.#stopSource();
    const context = this.#open();
    const buffer = context.createBuffer(1, samples.length, SAMPLE_RATE);
    buffer.copyToChannel(samples, 0);
    const source = new AudioBufferSourceNode(context, { buffer, loop });
    source.addEventListener('ended', () => {
      if (this.#source === source) {
        this.stop();
      }
    });
    source.connect(this.#gain ?? context.destination);
    source.start();
    this.#source = source;
    void this.probe();
  }

  stop(): void {
    this.#stopSource();
    // A running audio graph keeps a CPU core awake.
    void this.#context?.suspend();
  }

  /** Volume, 0 to 1. */
  setVolume(volume: number): void {
    this.#volume = volume;
    if (this.#gain !== null) {
      this.#gain.gain.value = volume;
    }
  }

  /** Moves the output to a device; an empty id is the system's default. */
  route(sink: string): void {
    this.#sink = sink;
    if (this.#context !== null && this.#gain !== null) {
      this.#connect(this.#context, this.#gain);
    }
  }

  /** Checks whether the autoplay policy allows this sound, and reports it; after a person's click
      it does. */
  async probe(): Promise<void> {
    const context = this.#open();
    await Promise.race([context.resume(), pause(UNLOCK_TIMEOUT_MS)]);
    this.blocked(context.state !== 'running' && !isAllowed(context));
    if (this.#source === null) {
      await context.suspend();
    }
  }

  #stopSource(): void {
    const source = this.#source;
    this.#source = null;
    source?.stop();
  }

  #open(): AudioContext {
    if (this.#context !== null) {
      return this.#context;
    }
    const context = new AudioContext();
    const gain = new GainNode(context, { gain: this.#volume });
    context.addEventListener('statechange', () => {
      if (context.state === 'running') {
        this.blocked(false);
      }
    });
    this.#context = context;
    this.#gain = gain;
    this.#connect(context, gain);
    return context;
  }

  #connect(context: AudioContext, gain: GainNode): void {
    if ('setSinkId' in context) {
      gain.connect(context.destination);
      // The device was just unplugged: `devicechange` follows and another one is chosen.
      (context as RoutedContext).setSinkId(this.#sink).catch(() => undefined);
      return;
    }
    // Firefox can route audio elements only.
    gain.disconnect();
    this.#element?.pause();
    this.#element = null;
    if (this.#sink === '' || !('setSinkId' in HTMLMediaElement.prototype)) {
      gain.connect(context.destination);
      return;
    }
    const exit = new MediaStreamAudioDestinationNode(context);
    gain.connect(exit);
    const element = new Audio();
    element.srcObject = exit.stream;
    element.setSinkId(this.#sink).catch(() => undefined);
    element.play().catch(() => undefined);
    this.#element = element;
  }
}

/** Whether the browser states its autoplay policy: Firefox does, and takes long to start a device. */
function isAllowed(context: AudioContext): boolean {
  const { getAutoplayPolicy } = navigator as Partial<AutoplayDetection>;
  return getAutoplayPolicy?.call(navigator, context) === 'allowed';
}

/** Not in the DOM types yet: https://w3c.github.io/autoplay/#autoplay-detection-methods */
interface AutoplayDetection {
  getAutoplayPolicy(context: AudioContext): 'allowed' | 'allowed-muted' | 'disallowed';
}

/** Not in the DOM types yet: https://webaudio.github.io/web-audio-api/#dom-audiocontext-setsinkid */
interface RoutedContext {
  setSinkId(sink: string): Promise<void>;
}
