/* The quality session of one call: passes samples of its audio to the fault detector and the trend,
   and the faults that these find to the automatic repair. */
import type { Finding, Flows, Line } from '../model/state';
import type { SipCall } from '../sip/edge';
import { FaultDetector } from './fault-detector';
import { AutoRepair } from './auto-repair';
import { QualityTrend } from './trend';
import { repairDelayMs, repairStepsFor, type RepairDeps } from './repair-steps';
import { sampleOf } from './sample';

export type QualitySessionDeps = RepairDeps & {
  now(): number;
  /** Whether requests can be sent to the switch. */
  isConnected(): boolean;
};

/** The measurement of a call in one second. */
export interface Measurement {
  readonly report: Iterable<readonly [string, unknown]>;
  /** Mean opinion score; null if no packets arrived. */
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
      @param earlier Findings of another page for the same call. */
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

  /** The call is held: there is no audio to measure, and no fault to repair. */
  pause(): void {
    this.#paused = true;
    this.#repair.pause();
  }

  /** Updates the session; to be called once a second while the call is up and not held. */
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

/** A call has one sender; also one without a track is for audio. */
function isAudio({ track }: RTCRtpSender): boolean {
  return track === null || track.kind === 'audio';
}
