/* The way of a call's sound. On another network it leads nowhere until ICE is restarted
   (RFC 8445, section 2.4), by a re-INVITE. While the call itself is being rescued that has to
   wait; a takeover brings a connection of its own. */

import { receivesAudio } from './audio-arrival';

/** Milliseconds between two restarts; the last one stays. */
const RESTART_DELAYS_MS = [2_000, 4_000, 8_000] as const;
const MAX_RESTART_DELAY_MS = 8_000;
/** So often it is looked whether one can be asked for by now. */
const CHECK_INTERVAL_MS = 500;
/** About a minute of trying. */
const MAX_RESTARTS = 9;
/** FreeSWITCH and browsers send a packet every 20 ms. In ms. */
const LISTEN_MS = 400;

export interface MediaPathDeps {
  /** Before the answer there is nothing to restart. */
  isAnswered(): boolean;
  /** Whether a request in the dialog would reach the other side, and do no harm. */
  canRenegotiate(): boolean;
  restart(): Promise<boolean>;
  /** The way is broken, or is there again. */
  onBroken(is: boolean): void;
  /** There will be none. */
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
    // Captured, to be ahead of JsSIP: it ends the call when ICE has failed.
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
