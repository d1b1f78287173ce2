/* Measures the quality of one call by the browser's statistics (W3C webrtc-stats). */
import type { Quality } from '../model/state';
import { mouthToEarMs, mosOf, ratingOf } from './voice-quality';

/** Number of readings, one per second, for the quality of a moment. */
const WINDOW_S = 5;

/** Counters since the call began, and current gauges. */
export interface Reading {
  /** Time, in milliseconds. */
  readonly at: number;
  readonly received: number;
  readonly lost: number;
  readonly bytes: number;
  /** Total delay of all samples in the jitter buffer, in seconds, and the number of samples. */
  readonly bufferDelay: number;
  readonly buffered: number;
  /** Milliseconds. */
  readonly jitter: number;
  readonly roundTrip: number | null;
  readonly codec: string;
}

type Stats = Readonly<Record<string, unknown>>;

/** Statistics of the received audio; null before any was received. */
export function readingOf(report: Iterable<readonly [string, unknown]>): Reading | null {
  const all = new Map(report) as ReadonlyMap<string, Stats>;
  const inbound = [...all.values()].find(
    (stats) => stats['type'] === 'inbound-rtp' && stats['kind'] === 'audio',
  );
  const received = number(inbound, 'packetsReceived');
  if (inbound === undefined || received === 0) {
    return null;
  }
  const codec = all.get(String(inbound['codecId']))?.['mimeType'];
  return {
    at: number(inbound, 'timestamp'),
    received,
    // Negative when packets arrived twice.
    lost: Math.max(0, number(inbound, 'packetsLost')),
    bytes: number(inbound, 'bytesReceived'),
    bufferDelay: number(inbound, 'jitterBufferDelay'),
    buffered: number(inbound, 'jitterBufferEmittedCount'),
    jitter: number(inbound, 'jitter') * 1000,
    roundTrip: roundTripOf(all),
    codec: typeof codec === 'string' ? codec.replace(/^audio\//i, '') : '',
  };
}

/** From the connectivity checks of ICE, which every switch answers; otherwise from RTCP. */
function roundTripOf(all: ReadonlyMap<string, Stats>): number | null {
  const transport = [...all.values()].find((stats) => stats['type'] === 'transport');
  const pair = all.get(String(transport?.['selectedCandidatePairId']));
  const remote = [...all.values()].find((stats) => stats['type'] === 'remote-inbound-rtp');
  const seconds = pair?.['currentRoundTripTime'] ?? remote?.['roundTripTime'];
  return typeof seconds === 'number' ? seconds * 1000 : null;
}

function number(stats: Stats | undefined, key: string): number {
  const value = stats?.[key];
  return typeof value === 'number' && Number.isFinite(value) ? value : 0;
}

/** The meter of one call, reading by reading. */
export class Meter {
  #window: readonly Reading[] = [];
  #received = 0;
  #lost = 0;
  #bytes = 0;
  #milliseconds = 0;
  #jitter = 0;
  #delay = 0;
  #steps = 0;
  #roundTrips: readonly number[] = [];
  #codec = '';

  /** The quality of the last seconds; null if no packets arrived in them (the call is held, for
      example). */
  add(reading: Reading): Quality | null {
    const last = this.#window.at(-1);
    // Counters restart with another connection, for example after a takeover.
    if (last !== undefined && (reading.received < last.received || reading.at <= last.at)) {
      this.#window = [];
    }
    const previous = this.#window.at(-1);
    if (previous !== undefined) {
      this.#total(previous, reading);
    }
    this.#window = [...this.#window, reading].slice(-WINDOW_S - 1);
    const first = this.#window[0];
    return first === undefined || first === reading ? null : between(first, reading);
  }

  /** Discards the last seconds: the next reading starts a new measurement. */
  pause(): void {
    this.#window = [];
  }

  /** The quality of the whole call; null if nothing was measured. */
  summary(): Quality | null {
    if (this.#received === 0 || this.#milliseconds === 0) {
      return null;
    }
    const sum = this.#roundTrips.reduce((total, one) => total + one, 0);
    return qualityOf({
      loss: this.#lost / (this.#received + this.#lost),
      jitter: this.#jitter / this.#steps,
      roundTrip: this.#roundTrips.length === 0 ? null : sum / this.#roundTrips.length,
      buffered: this.#delay / this.#steps,
      codec: this.#codec,
      bitrate: (this.#bytes * 8000) / this.#milliseconds,
    });
  }

  #total(from: Reading, to: Reading): void {
    this.#received += to.received - from.received;
    this.#lost += Math.max(0, to.lost - from.lost);
    this.#bytes += to.bytes - from.bytes;
    this.#milliseconds += to.at - from.at;
    this.#jitter += to.jitter;
    this.#delay += bufferedBetween(from, to);
    this.#steps += 1;
    if (to.roundTrip !== null) {
      this.#roundTrips = [...this.#roundTrips, to.roundTrip];
    }
    this.#codec = to.codec;
  }
}

function between(from: Reading, to: Reading): Quality | null {
  const received = to.received - from.received;
  const lost = Math.max(0, to.lost - from.lost);
  if (received === 0) {
    return null;
  }
  return qualityOf({
    loss: lost / (received + lost),
    jitter: to.jitter,
    roundTrip: to.roundTrip,
    buffered: bufferedBetween(from, to),
    codec: to.codec,
    bitrate: ((to.bytes - from.bytes) * 8000) / (to.at - from.at),
  });
}

/** Average delay of a sample in the jitter buffer, in milliseconds. */
function bufferedBetween(from: Reading, to: Reading): number {
  const samples = to.buffered - from.buffered;
  return samples > 0 ? (1000 * (to.bufferDelay - from.bufferDelay)) / samples : 2 * to.jitter;
}

function qualityOf(figures: Omit<Quality, 'mos'> & { readonly buffered: number }): Quality {
  const { loss, jitter, roundTrip, buffered, codec, bitrate } = figures;
  const delay = mouthToEarMs(roundTrip, buffered);
  return { mos: mosOf(ratingOf({ loss, delay, codec })), loss, jitter, roundTrip, codec, bitrate };
}
