/* The phone's sounds, computed: one period of each goes into a buffer that loops. This needs no
   timers (browsers throttle those in hidden tabs) and no file to load. */

const FADE_S = 0.01;

export const SAMPLE_RATE = 16_000;

export const ringtones = ['chime', 'classic', 'soft'] as const;

export type Ringtone = (typeof ringtones)[number];

export type Tone = Ringtone | 'ringback' | 'waiting' | 'busy' | 'intercom';

interface Note {
  /** Start in seconds, as `length`. */
  readonly start: number;
  readonly length: number;
  readonly hertz: readonly number[];
  readonly level: number;
  /** Decay rate, as of a bell; 0 for a constant tone. */
  readonly decay: number;
}

interface Pattern {
  /** Length of the period, in seconds. */
  readonly period: number;
  readonly notes: readonly Note[];
}

const even = (start: number, length: number, level: number, ...hertz: number[]): Note => ({
  start,
  length,
  hertz,
  level,
  decay: 0,
});

const bell = (start: number, hertz: number): Note => ({
  start,
  length: 0.5,
  hertz: [hertz, hertz * 2],
  level: 0.5,
  decay: 6,
});

const marimba = (start: number, hertz: number): Note => ({
  start,
  length: 0.6,
  hertz: [hertz],
  level: 0.5,
  decay: 5,
});

/** The two bells of an old desk phone, struck in turn for a second. */
const gongs = Array.from({ length: 20 }, (_, blow) => ({
  start: blow * 0.05,
  length: 0.12,
  hertz: blow % 2 === 0 ? [1060, 2130] : [1290, 2590],
  level: 0.35,
  decay: 14,
}));

const patterns: Readonly<Record<Tone, Pattern>> = {
  chime: { period: 3, notes: [bell(0, 784), bell(0.25, 988), bell(0.8, 784), bell(1.05, 988)] },
  classic: { period: 4, notes: gongs },
  soft: {
    period: 4,
    notes: [marimba(0, 523), marimba(0.2, 659), marimba(0.4, 784), marimba(0.8, 659)],
  },
  // 2 s on, 4 s off, as FreeSWITCH's own us-ring.
  ringback: { period: 6, notes: [even(0, 2, 0.1, 440, 480)] },
  // Two short beeps during a conversation.
  waiting: { period: 5, notes: [even(0, 0.15, 0.08, 440), even(0.3, 0.15, 0.08, 440)] },
  intercom: { period: 0.7, notes: [even(0, 0.25, 0.3, 880), even(0.3, 0.4, 0.3, 1175)] },
  // Half a second on and off, three times, as in North America (ITU-T E.180, Supplement 2).
  busy: {
    period: 3,
    notes: [0, 1, 2].map((start) => even(start, 0.5, 0.1, 480, 620)),
  },
};

export function isRingtone(value: unknown): value is Ringtone {
  return ringtones.some((tone) => tone === value);
}

/** One period of a tone as samples between -1 and 1. */
export function render(tone: Tone, rate = SAMPLE_RATE): Float32Array<ArrayBuffer> {
  const { period, notes } = patterns[tone];
  const samples = new Float32Array(Math.round(period * rate));
  for (const note of notes) {
    const first = Math.round(note.start * rate);
    const count = Math.round(note.length * rate);
    for (let index = 0; index < count; index += 1) {
      samples[first + index] = (samples[first + index] ?? 0) + sampleOf(note, index / rate);
    }
  }
  return samples;
}

function sampleOf(note: Note, at: number): number {
  const sum = note.hertz.reduce((total, hertz) => total + Math.sin(2 * Math.PI * hertz * at), 0);
  return (note.level * envelope(note, at) * sum) / note.hertz.length;
}

/** Fades in and out within a few milliseconds: an abrupt start or stop would click. */
function envelope(note: Note, at: number): number {
  const edge = Math.min(1, at / FADE_S, (note.length - at) / FADE_S);
  return edge * Math.exp(-note.decay * at);
}
