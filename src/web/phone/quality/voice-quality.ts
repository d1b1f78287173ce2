/* An estimate of the voice quality from network figures: the E-model of ITU-T G.107, simplified as
   by R. Cole and J. Rosenbluth, "Voice over IP performance monitoring" (ACM SIGCOMM CCR 31:2,
   2001). It does not include echo, noise or loudness. */

/** R of a call without any impairment, all other parameters at the defaults of G.107 (2011). */
const MAX_RATING = 93.2;
/** Milliseconds to fill one packet, at both ends' usual 20 ms of speech. */
const PACKET_MS = 20;

interface Codec {
  /** Equipment impairment factor Ie. */
  readonly impairment: number;
  /** Packet-loss robustness factor Bpl. */
  readonly robustness: number;
}

/** G.711 with concealment of lost packets (ITU-T G.113, appendix I). Opus and G.722 are not in the
    narrow-band tables, and are no worse. */
const likeG711: Codec = { impairment: 0, robustness: 25.1 };
const codecs: Readonly<Record<string, Codec>> = {
  // G.113, appendix I: G.729A with voice activity detection.
  G729: { impairment: 11, robustness: 19 },
};

export interface Impairments {
  /** Share of packets lost, 0 to 1. */
  readonly loss: number;
  /** Milliseconds from mouth to ear. */
  readonly delay: number;
  readonly codec: string;
}

/** The rating factor R, 0 to 93.2. */
export function ratingOf({ loss, delay, codec }: Impairments): number {
  const { impairment, robustness } = codecs[codec] ?? likeG711;
  const percent = loss * 100;
  // Cole and Rosenbluth, equation 3: the impairment by delay.
  const late = 0.024 * delay + 0.11 * Math.max(0, delay - 177.3);
  // G.107, equation 7-29, for random losses (BurstR = 1).
  const lost = impairment + ((95 - impairment) * percent) / (percent + robustness);
  return Math.max(0, Math.min(MAX_RATING, MAX_RATING - late - lost));
}

/** The mean opinion score that R stands for (G.107, annex B), 1 to 4.5. */
export function mosOf(rating: number): number {
  const mos = 1 + 0.035 * rating + rating * (rating - 60) * (100 - rating) * 7e-6;
  return Math.max(1, Math.min(4.5, mos));
}

/** MOS limits: from the first on people are satisfied, below the second many are not (G.107, annex
    B). */
export const GOOD_MOS = 4;
export const FAIR_MOS = 3.6;

export function gradeOfMos(mos: number): 'good' | 'fair' | 'poor' {
  if (mos >= GOOD_MOS) {
    return 'good';
  }
  return mos >= FAIR_MOS ? 'fair' : 'poor';
}

/** Mouth-to-ear delay in milliseconds: half the round trip, one packet, and the jitter buffer of
    the receiver. */
export function mouthToEarMs(roundTrip: number | null, buffered: number): number {
  return (roundTrip ?? 0) / 2 + PACKET_MS + buffered;
}
