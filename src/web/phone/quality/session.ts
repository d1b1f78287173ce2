/* The quality session of one call: samples of its sound go to the fault detector and the trend, and
   the faults that these find to the automatic repair. */
import type { Finding, Flows, Line } from '../model/state';
import type { SipCall } from '../sip/edge';
import { FaultDetector } from './fault-detector';
import { AutoRepair } from './auto-repair';
import { QualityTrend } from './trend';
import { repairDelayMs, repairStepsFor, type RepairDeps } from './repair-steps';
import { sampleOf } from './sample';

export type QualitySessionDeps = RepairDeps & {
  now(): number;
  /** Whether something can be asked of the switch. */
  isConnected(): boolean;
};

/** What was measured of a call a moment ago. */
export interface Measurement {
  readonly report: Iterable<readonly [string, unknown]>;
  /** Null if nothing came. */
  readonly mos: number | null;
}

export interface QualityStatus {
  readonly flows: Flows | null;
  readonly findings: readonly Finding[];
}

export class QualitySession {
  readonly #deps: QualitySessionDeps;
  readonly #detector: FaultDetector;
  readonly #repair: AutoRepair;
  readonly #trend = new QualityTrend();
  #connection: RTCPeerConnection | null = null;
  #paused = false;

  /** @param begin When the call was answered, in ms since 1970.
      @param earlier What was found of the same call before, by another page. */
  constructor(begin: number, earlier: readonly Finding[], deps: QualitySessionDeps) {
    this.#deps = deps;
    this.#detector = new FaultDetector(begin);
    this.#repair = new AutoRepair(
      {
        now: () => deps.now(),
        delayMs: repairDelayMs,
        repairSteps: (fault) => repairStepsFor(fault, deps),
      },
      earlier,
    );
  }

  get findings(): readonly Finding[] {
    return this.#repair.findings;
  }

  /** The call is held: there is no sound to measure, and no fault to repair. */
  pause(): void {
    this.#paused = true;
    this.#repair.pause();
  }

  /** To be called once a second while the call is up and not held. */
  update(line: Line, call: SipCall, { report, mos }: Measurement): QualityStatus {
    const { connection } = call;
    if (call.isHeldByOther) {
      this.pause();
    }
    if (connection === null || line.rescue !== 'none' || call.isHeldByOther) {
      // A repair goes on while the call is being taken over.
      this.#paused = true;
      return { flows: null, findings: this.findings };
    }
    const at = this.#deps.now();
    if (this.#paused || (this.#connection !== null && this.#connection !== connection)) {
      this.#detector.restart(at);
      this.#trend.restart();
    }
    this.#paused = false;
    this.#connection = connection;
    const track = connection.getSenders().find(isAudio)?.track ?? null;
    const sample = sampleOf(report, { at, connection, track, player: call.player });
    const { faults, certain, ...flows } = this.#detector.add(sample, line.muted);
    const all = this.#trend.add(mos) ? [...faults, 'quality-falling' as const] : faults;
    this.#repair.tick(all, certain, !call.isNegotiating && this.#deps.isConnected());
    return { flows: { ...flows, route: sample.route }, findings: this.findings };
  }
}

/** A call has one sender; without a track it is one of audio all the same. */
function isAudio({ track }: RTCRtpSender): boolean {
  return track === null || track.kind === 'audio';
}
