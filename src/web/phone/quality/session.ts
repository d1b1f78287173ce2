/* Looks after the sound of one call: what is seen of it goes to the judge, and what that finds to
   the mender. */
import type { Finding, Flows, Line } from '../model/state';
import type { SipCall } from '../sip/edge';
import { Judge } from './fault-detector';
import { Mender } from './auto-repair';
import { Outlook } from './trend';
import { delayOf, remediesOf, type RemedyMeans } from './repair-steps';
import { sampleOf } from './sample';

export type ExaminationMeans = RemedyMeans & {
  now(): number;
  /** Whether something can be asked of the switch. */
  isConnected(): boolean;
};

/** What was measured of a call a moment ago. */
export interface Measured {
  readonly report: Iterable<readonly [string, unknown]>;
  /** Null if nothing came. */
  readonly mos: number | null;
}

export interface Seen {
  readonly flows: Flows | null;
  readonly findings: readonly Finding[];
}

export class Examination {
  readonly #means: ExaminationMeans;
  readonly #judge: Judge;
  readonly #mender: Mender;
  readonly #outlook = new Outlook();
  #connection: RTCPeerConnection | null = null;
  #paused = false;

  /** @param begin When the call was answered, in ms since 1970.
      @param earlier What was found of the same call before, by another page. */
  constructor(begin: number, earlier: readonly Finding[], means: ExaminationMeans) {
    this.#means = means;
    this.#judge = new Judge(begin);
    this.#mender = new Mender(
      {
        now: () => means.now(),
        delay: delayOf,
        remedies: (fault) => remediesOf(fault, means),
      },
      earlier,
    );
  }

  get findings(): readonly Finding[] {
    return this.#mender.findings;
  }

  /** The call is held: nothing is to be heard, and nothing to be mended. */
  pause(): void {
    this.#paused = true;
    this.#mender.pause();
  }

  /** To be called once a second while the call is up and not held. */
  look(line: Line, call: SipCall, { report, mos }: Measured): Seen {
    const { connection } = call;
    if (call.isHeldByOther) {
      this.pause();
    }
    if (connection === null || line.rescue !== 'none' || call.isHeldByOther) {
      // While it is being taken over, what is being mended is so still.
      this.#paused = true;
      return { flows: null, findings: this.findings };
    }
    const at = this.#means.now();
    if (this.#paused || (this.#connection !== null && this.#connection !== connection)) {
      this.#judge.restart(at);
      this.#outlook.restart();
    }
    this.#paused = false;
    this.#connection = connection;
    const track = connection.getSenders().find(isAudio)?.track ?? null;
    const sample = sampleOf(report, { at, connection, track, player: call.player });
    const { faults, certain, ...flows } = this.#judge.add(sample, line.muted);
    const all = this.#outlook.add(mos) ? [...faults, 'quality-falling' as const] : faults;
    this.#mender.tick(all, certain, !call.isNegotiating && this.#means.isConnected());
    return { flows: { ...flows, route: sample.route }, findings: this.findings };
  }
}

/** A call has one sender; without a track it is one of audio all the same. */
function isAudio({ track }: RTCRtpSender): boolean {
  return track === null || track.kind === 'audio';
}
