/* Ringing and ringback, computed: one period of each goes into a buffer that loops, so no
   timer has to run (browsers slow those down in hidden tabs) and no file is loaded. */
import type { Sound, Sounds } from './calls';

const RATE = 16_000;
const FADE = 0.01;

interface Note {
  readonly start: number;
  readonly length: number;
  readonly hertz: readonly number[];
  readonly level: number;
  /** Dies away like a bell, in place of an even tone. */
  readonly bell: boolean;
}

interface Pattern {
  readonly period: number;
  readonly notes: readonly Note[];
}

const bell = (start: number, hertz: number): Note => ({
  start,
  length: 0.5,
  hertz: [hertz, hertz * 2],
  level: 0.3,
  bell: true,
});

const patterns: Readonly<Record<Exclude<Sound, 'none'>, Pattern>> = {
  // 2 s on, 4 s off, as FreeSWITCH's own us-ring.
  ringback: {
    period: 6,
    notes: [{ start: 0, length: 2, hertz: [440, 480], level: 0.1, bell: false }],
  },
  ringing: {
    period: 3,
    notes: [bell(0, 784), bell(0.25, 988), bell(0.8, 784), bell(1.05, 988)],
  },
};

/** One period of a sound as samples between -1 and 1. */
export function render(sound: Exclude<Sound, 'none'>, rate = RATE): Float32Array<ArrayBuffer> {
  const { period, notes } = patterns[sound];
  const samples = new Float32Array(Math.round(period * rate));
  for (const note of notes) {
    const first = Math.round(note.start * rate);
    const count = Math.round(note.length * rate);
    for (let index = 0; index < count; index += 1) {
      const at = index / rate;
      const sum = note.hertz.reduce(
        (total, hertz) => total + Math.sin(2 * Math.PI * hertz * at),
        0,
      );
      const value = (note.level * envelope(note, at) * sum) / note.hertz.length;
      samples[first + index] = (samples[first + index] ?? 0) + value;
    }
  }
  return samples;
}

/** Rises and falls within a few milliseconds: a bare start or stop would click. */
function envelope(note: Note, at: number): number {
  const edge = Math.min(1, at / FADE, (note.length - at) / FADE);
  return note.bell ? edge * Math.exp(-6 * at) : edge;
}

export class Tones implements Sounds {
  #context: AudioContext | null = null;
  #source: AudioBufferSourceNode | null = null;
  #playing: Sound = 'none';

  unlock(): void {
    this.#context ??= new AudioContext();
    void this.#context.resume();
  }

  play(sound: Sound): void {
    const context = this.#context;
    if (context === null || sound === this.#playing) {
      return;
    }
    this.#playing = sound;
    this.#source?.stop();
    this.#source = null;
    if (sound === 'none') {
      void context.suspend();
      return;
    }
    const samples = render(sound);
    const buffer = context.createBuffer(1, samples.length, RATE);
    buffer.copyToChannel(samples, 0);
    this.#source = new AudioBufferSourceNode(context, { buffer, loop: true });
    this.#source.connect(context.destination);
    this.#source.start();
    void context.resume();
  }
}
