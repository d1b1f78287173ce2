/* The re-INVITEs of one session, in a queue. JsSIP ends the call when one is refused, and ignores
   one while another is open; here the call goes on and the description is rolled back (RFC 3261,
   section 14.1). */
import { pause } from '../../shared/timers';
import type { RTCSession } from 'jssip/lib/RTCSession';
import {
  expectNewCandidates,
  resetHold,
  surviveFailedReinvites,
  surviveTimeouts,
  type ReinviteEvent,
} from './internals';

/** Interval and limit of the check whether the session can send a re-INVITE. */
const READY_CHECK_MS = 50;
const READY_TIMEOUT_MS = 10_000;
/** Timeout of a re-INVITE. JsSIP times a request out after 32 s (timer F), and a browser may never
    finish. */
const REINVITE_TIMEOUT_MS = 35_000;
type Start = (done: () => void) => boolean;

/** The direction in an offer that respects the hold (RFC 3264, section 8.4). */
const KNOWS_OF_HOLD = /^a=(recvonly|inactive)\s*$/m;

export class Reinvites {
  readonly #session: RTCSession;
  #queue: Promise<unknown> = Promise.resolve();
  #finish: ((agreed: boolean) => void) | null = null;
  #glare = false;

  constructor(session: RTCSession) {
    this.#session = session;
    surviveFailedReinvites(session, () => {
      const finish = this.#finish;
      finish?.(false);
      return finish !== null;
    });
    surviveTimeouts(session);
    // An UPDATE that comes here has an offer as well.
    for (const event of ['reinvite', 'update'] as const) {
      session.on(event, ({ request: { body }, reject }: ReinviteEvent) => {
        // Glare: both sides send an offer. JsSIP answers 491, but still applies the other one.
        if (this.#finish !== null) {
          this.#glare = true;
          reject({ status_code: 491 });
        } else if (session.isOnHold().local && Boolean(body) && !KNOWS_OF_HOLD.test(body ?? '')) {
          // FreeSWITCH ends a hold by itself when the other side is taken over (switch_ivr_bridge.c,
          // switch_ivr_intercept_session): hold the call again. Without an offer of the other side
          // the phone's own has the hold.
          void this.repeat();
        }
      });
    }
    const over = (): void => {
      this.#finish?.(false);
    };
    session.on('ended', over);
    session.on('failed', over);
  }

  /** Whether a re-INVITE is open, of either side. */
  get isOpen(): boolean {
    return this.#finish !== null || !this.#session.isReadyToReOffer();
  }

  hold(): Promise<boolean> {
    return this.#enqueue((done) => this.#session.isOnHold().local || this.#session.hold({}, done));
  }

  resume(): Promise<boolean> {
    return this.#enqueue((done) => this.#session.unhold({}, done));
  }

  /** `iceServers` is called when the re-INVITE begins, which may be later. */
  restartIce(iceServers: () => readonly RTCIceServer[]): Promise<boolean> {
    const options = { rtcOfferConstraints: { iceRestart: true } };
    return this.#enqueue((done) => {
      setIceServers(this.#session.connection, iceServers());
      expectNewCandidates(this.#session);
      return this.#session.renegotiate(options, done);
    });
  }

  repeat(): Promise<boolean> {
    return this.#enqueue((done) => this.#session.renegotiate({}, done));
  }

  #enqueue(start: Start): Promise<boolean> {
    const result = this.#queue.then(async () => {
      const agreed = await this.#once(start);
      if (agreed || !this.#glare || this.#session.isEnded()) {
        return agreed;
      }
      // JsSIP has repeated it once, after the same second at both ends.
      await pause(300 + Math.random() * 1700);
      return this.#once(start);
    });
    this.#queue = result;
    return result;
  }

  async #once(start: Start): Promise<boolean> {
    if (!(await this.#ready())) {
      return false;
    }
    this.#glare = false;
    const held = this.#session.isOnHold().local;
    const agreed = await this.#ask(start);
    if (!agreed) {
      await this.#rollBack(held);
    }
    return agreed;
  }

  #ask(start: Start): Promise<boolean> {
    return new Promise((resolve) => {
      const latest = window.setTimeout(() => this.#finish?.(false), REINVITE_TIMEOUT_MS);
      this.#finish = (agreed) => {
        window.clearTimeout(latest);
        this.#finish = null;
        resolve(agreed);
      };
      if (!start(() => this.#finish?.(true))) {
        this.#finish(false);
      }
    });
  }

  async #ready(): Promise<boolean> {
    const { STATUS_CONFIRMED } = this.#session.C;
    const until = Date.now() + READY_TIMEOUT_MS;
    while (Date.now() < until && !this.#session.isEnded()) {
      if (this.#session.status === STATUS_CONFIRMED && this.#session.isReadyToReOffer()) {
        return true;
      }
      await pause(READY_CHECK_MS);
    }
    return false;
  }

  async #rollBack(held: boolean): Promise<void> {
    if (this.#session.isEnded()) {
      return;
    }
    resetHold(this.#session, held);
    const { connection } = this.#session;
    if (connection.signalingState === 'have-local-offer') {
      await connection.setLocalDescription({ type: 'rollback' });
    }
  }
}

/** An ICE restart allocates at the TURN server again: with the credentials of now, because those
    from the beginning of the call may have expired. */
function setIceServers(connection: RTCPeerConnection, servers: readonly RTCIceServer[]): void {
  try {
    connection.setConfiguration({ ...connection.getConfiguration(), iceServers: [...servers] });
  } catch {
    // Firefox before 119 has no such method: the servers stay those of the beginning.
  }
}
