/* Detects audio faults of a call from samples, one per second. A silent person is not a fault: a
   working microphone always has some noise, so only exact silence counts, and only after a long
   time. */
import type { Flow } from '../model/state';
import type { Sample } from './sample';
import { AudioFlow } from './audio-flow';

export type Fault =
  | 'no-way'
  | 'way-broken'
  | 'not-played'
  | 'microphone-ended'
  | 'microphone-muted'
  | 'nothing-sent'
  | 'never-received'
  | 'nothing-received'
  | 'undecodable'
  | 'microphone-silent'
  | 'silence-received'
  | 'quality-falling';

export interface DetectedFaults {
  readonly sending: Flow;
  readonly receiving: Flow;
  /** Whether audio plays; null before there is something to play. */
  readonly playing: boolean | null;
  /** The most important first. */
  readonly faults: readonly Fault[];
  /** Whether there were enough samples to say that there is no fault. */
  readonly certain: boolean;
}

/** Milliseconds without a packet that are a fault. With one sample per second, and the first within
    the first second, the fault is detected within 4 s of the answer. */
const NO_PACKETS_MS = 3_000;
/** Timeout for ICE to find a path, in ms. */
const ICE_TIMEOUT_MS = 3_500;
/** How long exact silence of the microphone may last, in ms: from the start, and after sound (noise
    suppression may give exact silence for a while). */
const SILENT_MICROPHONE_MS = 4_000;
const SILENT_AFTER_SOUND_MS = 15_000;
/** The same for the other side, which may be muted, or an announcement that pauses. */
const SILENT_OTHER_SIDE_MS = 8_000;
/** Time after the start by which every fault that has a repair would have been detected, in ms. */
const CERTAIN_AFTER_MS = 4_500;
/** Share of concealed samples from which on no packet was decodable. */
const CONCEALED_SHARE = 0.95;
/** Number of samples that confirm the state of a device, which may be changing. */
const MIN_SAMPLES = 2;

export class FaultDetector {
  readonly #out = new AudioFlow();
  readonly #in = new AudioFlow();
  #startedAt = 0;
  #decodedAt = 0;
  #previous: Sample | null = null;
  #badTrack = 0;
  #badPlayback = 0;

  /** @param begin When media could flow, for example the answer; milliseconds since 1970. */
  constructor(begin: number) {
    this.restart(begin);
  }

  /** Discards the earlier samples: the call was held, or has another connection. */
  restart(begin: number): void {
    this.#startedAt = this.#decodedAt = begin;
    this.#out.restart(begin);
    this.#in.restart(begin);
    this.#previous = null;
    this.#badTrack = this.#badPlayback = 0;
  }

  /** @param muted Whether the person is muted in this phone: then the sent audio is not judged. */
  add(sample: Sample, muted: boolean): DetectedFaults {
    const { at, track, playback } = sample;
    const before = this.#previous;
    this.#previous = sample;
    this.#badTrack = track === 'live' || muted ? 0 : this.#badTrack + 1;
    this.#badPlayback = playback === 'stopped' ? this.#badPlayback + 1 : 0;
    this.#out.add(at, sample.sent, muted ? null : sample.spoken);
    this.#in.add(at, sample.received, sample.heard);
    if (before === null || !isConcealed(before, sample)) {
      this.#decodedAt = at;
    }
    return {
      sending: muted ? 'unknown' : this.#out.flow,
      receiving: this.#in.flow,
      playing: playback === 'none' ? null : playback === 'playing',
      faults: this.#faults(sample, muted),
      certain: at - this.#startedAt >= CERTAIN_AFTER_MS,
    };
  }

  #faults(sample: Sample, muted: boolean): readonly Fault[] {
    const { at, path } = sample;
    if (path === 'broken') {
      return ['way-broken'];
    }
    if (path === 'new') {
      return at - this.#startedAt >= ICE_TIMEOUT_MS ? ['no-way'] : [];
    }
    const faults: readonly (readonly [Fault, boolean])[] = [
      ['not-played', this.#badPlayback >= MIN_SAMPLES],
      ['microphone-ended', this.#badTrack >= MIN_SAMPLES && sample.track === 'ended'],
      ['microphone-muted', this.#badTrack >= MIN_SAMPLES && sample.track === 'muted'],
      [
        'nothing-sent',
        !muted && sample.track !== 'ended' && this.#out.msWithoutPackets(at) >= NO_PACKETS_MS,
      ],
      [
        this.#in.hasFlown ? 'nothing-received' : 'never-received',
        this.#in.msWithoutPackets(at) >= NO_PACKETS_MS,
      ],
      ['undecodable', at - this.#decodedAt >= NO_PACKETS_MS],
      ['microphone-silent', !muted && this.#isMicrophoneSilent(sample)],
      ['silence-received', this.#isOtherSideSilent(at)],
    ];
    return faults.filter(([, is]) => is).map(([fault]) => fault);
  }

  /** Whether packets arrive and have never carried sound. */
  #isOtherSideSilent(at: number): boolean {
    const { everSound, flow } = this.#in;
    return !everSound && flow === 'silence' && this.#in.msWithoutSound(at) >= SILENT_OTHER_SIDE_MS;
  }

  #isMicrophoneSilent({ at, track }: Sample): boolean {
    const longest = this.#out.everSound ? SILENT_AFTER_SOUND_MS : SILENT_MICROPHONE_MS;
    return (
      track === 'live' && this.#out.flow === 'silence' && this.#out.msWithoutSound(at) >= longest
    );
  }
}

/** Whether packets arrived and all audio that was played is concealment. */
function isConcealed(before: Sample, now: Sample): boolean {
  const played = now.played - before.played;
  return (
    now.received > before.received &&
    played > 0 &&
    now.concealed - before.concealed >= CONCEALED_SHARE * played
  );
}
