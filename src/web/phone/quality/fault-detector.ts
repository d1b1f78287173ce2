/* Tells from samples of a call's sound, one a second, what of it works. A person who says nothing
   is no fault: a microphone that works has a noise of its own, however faint, so only exact
   silence counts, and only for long. */
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
  /** Null before there is something to play. */
  readonly playing: boolean | null;
  /** What matters most comes first. */
  readonly faults: readonly Fault[];
  /** Whether there were samples enough to say that there is no fault. */
  readonly certain: boolean;
}

/** Milliseconds without a packet that are a fault. With a sample a second, and the first within
    the first second, it is known within 4 s of the answer. */
const NO_PACKETS_MS = 3_000;
/** So long may it take to find a way for the sound. */
const ICE_TIMEOUT_MS = 3_500;
/** Exact silence of a microphone for so long, in ms: from the first moment on, and after sound
    (what suppresses noise may be exact for a while). */
const SILENT_MICROPHONE_MS = 4_000;
const SILENT_AFTER_SOUND_MS = 15_000;
/** The other side's silence: it may well be muted, or an announcement that pauses. */
const SILENT_OTHER_SIDE_MS = 8_000;
/** So long after the beginning would every fault have shown that something is done about. */
const CERTAIN_AFTER_MS = 4_500;
/** Of what is played this much is invented: nothing could be decoded. */
const CONCEALED_SHARE = 0.95;
/** So many samples make sure that a device is in a state, and not on the way to another. */
const MIN_SAMPLES = 2;

export class FaultDetector {
  readonly #out = new AudioFlow();
  readonly #in = new AudioFlow();
  #startedAt = 0;
  #decodedAt = 0;
  #previous: Sample | null = null;
  #badTrack = 0;
  #badPlayback = 0;

  /** @param begin When media could flow: the answer, say; milliseconds since 1970. */
  constructor(begin: number) {
    this.restart(begin);
  }

  /** What was is no measure any more: the call was held, or has another connection. */
  restart(begin: number): void {
    this.#startedAt = this.#decodedAt = begin;
    this.#out.restart(begin);
    this.#in.restart(begin);
    this.#previous = null;
    this.#badTrack = this.#badPlayback = 0;
  }

  /** @param muted Whether the person is muted in this phone: then what is sent says nothing. */
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

  /** Sound has never come, and packets do. */
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

/** Whether packets came, and nothing of what was played is theirs. */
function isConcealed(before: Sample, now: Sample): boolean {
  const played = now.played - before.played;
  return (
    now.received > before.received &&
    played > 0 &&
    now.concealed - before.concealed >= CONCEALED_SHARE * played
  );
}
