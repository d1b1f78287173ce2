/* Audio flow in one direction of a call: whether packets arrive, and whether they carry sound. */
import type { Flow } from '../model/state';

/** Energy per second below which the audio is silence: -90 dB of full scale, less than the smallest
    step of 16 bits. Below the second limit it is too faint for speech: -55 dB. */
const SILENCE_ENERGY = 1e-9;
const QUIET_ENERGY = 3e-6;
/** Gap between packets, in ms, from which on the flow counts as interrupted. */
const NO_PACKETS_MS = 2_000;
/** Number of samples, one per second, in which packets must have arrived. */
const MIN_SAMPLES_WITH_PACKETS = 3;

interface Count {
  readonly at: number;
  readonly packets: number;
  readonly energy: number | null;
}

export class AudioFlow {
  #last: Count | null = null;
  #packetsAt = 0;
  #soundAt = 0;
  #flow: Flow = 'unknown';
  #everSound = false;
  #samplesWithPackets = 0;

  get flow(): Flow {
    return this.#flow;
  }

  get everSound(): boolean {
    return this.#everSound;
  }

  /** Whether packets have arrived for some seconds: longer than the rest of a ringing tone lasts. */
  get hasFlown(): boolean {
    return this.#samplesWithPackets >= MIN_SAMPLES_WITH_PACKETS;
  }

  /** Resets the measurement, which starts at this time. */
  restart(at: number): void {
    this.#last = null;
    this.#packetsAt = this.#soundAt = at;
    this.#flow = 'unknown';
  }

  /** @param energy Sum since the connection began; null if unknown. */
  add(at: number, packets: number, energy: number | null): void {
    const last = this.#last ?? { at: this.#packetsAt, packets: 0, energy: 0 };
    const isFirst = this.#last === null;
    this.#last = { at, packets, energy };
    if (packets > last.packets) {
      this.#packetsAt = at;
      this.#samplesWithPackets += 1;
    }
    const power = energyPerSecond(last, { at, packets, energy });
    if (power === null || (power >= SILENCE_ENERGY && packets > last.packets)) {
      this.#soundAt = at;
      this.#everSound ||= power !== null;
    }
    if (!isFirst) {
      this.#flow = packets > last.packets ? flowOf(power) : this.#withoutPackets(at);
    }
  }

  /** Milliseconds without packets. */
  msWithoutPackets(at: number): number {
    return at - this.#packetsAt;
  }

  /** Milliseconds without sound. */
  msWithoutSound(at: number): number {
    return at - this.#soundAt;
  }

  #withoutPackets(at: number): Flow {
    return this.msWithoutPackets(at) >= NO_PACKETS_MS ? 'nothing' : this.#flow;
  }
}

/** Energy per second; null if the browser gives none, or its counter was reset. */
function energyPerSecond(last: Count, now: Count): number | null {
  if (last.energy === null || now.energy === null || now.energy < last.energy) {
    return null;
  }
  return (now.energy - last.energy) / Math.max(0.1, (now.at - last.at) / 1000);
}

function flowOf(power: number | null): Flow {
  if (power === null) {
    return 'unknown';
  }
  return power < SILENCE_ENERGY ? 'silence' : power < QUIET_ENERGY ? 'quiet' : 'sound';
}
