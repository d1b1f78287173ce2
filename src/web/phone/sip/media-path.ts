/* The media path of a call. After a change of network it is broken until ICE is restarted (RFC
   8445, section 2.4) by a re-INVITE. During a rescue of the call the restart has to wait; a
   takeover brings a new connection. */

import { receivesAudio } from './audio-arrival';

/** Delays between two restarts, in milliseconds; the last one repeats. */
const RESTART_DELAYS_MS = [2_000, 4_000, 8_000] as const;
const MAX_RESTART_DELAY_MS = 8_000;
/** Interval of the check whether a restart is possible. */
const CHECK_INTERVAL_MS = 500;
/** Restarts take about a minute in all. */
const MAX_RESTARTS = 9;
/** How long to listen for packets, in ms: FreeSWITCH and browsers send one every 20 ms. */
const LISTEN_MS = 400;

export interface MediaPathDeps {
  /** Before the answer a restart is impossible. */
  isAnswered(): boolean;
  /** Whether a re-INVITE would reach the other side, and none is open. */
  canRenegotiate(): boolean;
  restart(): Promise<boolean>;
  /** The path is broken, or works again. */
  onBroken(is: boolean): void;
  /** Restarting has failed for good. */
  onLost(): void;
}

export class MediaPath {
  readonly #connection: RTCPeerConnection;
  readonly #deps: MediaPathDeps;
  #isBroken = false;
  #tries = 0;
  #next: number | undefined;

  constructor(connection: RTCPeerConnection, deps: MediaPathDeps) {
    this.#connection = connection;
    this.#deps = deps;
    // In the capture phase, to run before JsSIP, which ends the call when ICE has failed.
    connection.addEventListener('iceconnectionstatechange', this.#changed, { capture: true });
    connection.addEventListener('connectionstatechange', this.#changed);
  }

  stop(): void {
    const connection = this.#connection;
    connection.removeEventListener('iceconnectionstatechange', this.#changed, { capture: true });
    connection.removeEventListener('connectionstatechange', this.#changed);
    this.#reset();
  }

  /** The network has changed: ICE itself would notice only after 5 to 7 s. */
  async check(): Promise<void> {
    const deps = this.#deps;
    if (
      !this.#isBroken &&
      deps.isAnswered() &&
      !(await receivesAudio(this.#connection, LISTEN_MS))
    ) {
      await deps.restart();
    }
  }

  readonly #changed = (event: Event): void => {
    const { iceConnectionState: ice, connectionState: whole } = this.#connection;
    if (ice === 'failed' && this.#deps.isAnswered()) {
      event.stopImmediatePropagation();
    }
    if (ice === 'failed' || ice === 'disconnected' || whole === 'failed') {
      this.#broken();
    } else if (this.#isBroken && (ice === 'connected' || ice === 'completed')) {
      this.#reset();
      this.#deps.onBroken(false);
    }
  };

  #broken(): void {
    if (!this.#deps.isAnswered()) {
      if (this.#connection.iceConnectionState === 'failed') {
        this.#deps.onLost();
      }
    } else if (!this.#isBroken) {
      this.#isBroken = true;
      this.#deps.onBroken(true);
      void this.#restart();
    }
  }

  async #restart(): Promise<void> {
    const asks = this.#deps.canRenegotiate();
    if (asks) {
      this.#tries += 1;
      await this.#deps.restart();
    }
    if (!this.#isBroken) {
      return;
    }
    if (this.#tries >= MAX_RESTARTS) {
      this.#deps.onLost();
      return;
    }
    const wait = asks
      ? (RESTART_DELAYS_MS[this.#tries - 1] ?? MAX_RESTART_DELAY_MS)
      : CHECK_INTERVAL_MS;
    this.#next = window.setTimeout(() => void this.#restart(), wait);
  }

  #reset(): void {
    window.clearTimeout(this.#next);
    this.#isBroken = false;
    this.#tries = 0;
  }
}
