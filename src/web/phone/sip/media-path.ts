/* The way of a call's sound. On another network it leads nowhere until ICE is restarted
   (RFC 8445, section 2.4), by a re-INVITE. While the call itself is being rescued that has to
   wait; a takeover brings a connection of its own. */

import { hears } from './audio-arrival';

/** Milliseconds between two restarts; the last one stays. */
const WAITS = [2_000, 4_000, 8_000] as const;
const LAST_WAIT = 8_000;
/** So often, in ms, it is looked whether one can be asked for by now. */
const LOOK = 500;
/** About a minute of trying. */
const MOST_TRIES = 9;
/** FreeSWITCH and browsers send a packet every 20 ms. In ms. */
const LISTEN = 400;

export interface MediaPathMeans {
  /** Before the answer there is nothing to restart. */
  isAnswered(): boolean;
  /** Whether a request in the dialog would reach the other side, and do no harm. */
  mayAsk(): boolean;
  restart(): Promise<boolean>;
  /** The way is broken, or is there again. */
  broken(is: boolean): void;
  /** There will be none. */
  lost(): void;
}

export class MediaPath {
  readonly #connection: RTCPeerConnection;
  readonly #means: MediaPathMeans;
  #isBroken = false;
  #tries = 0;
  #next: number | undefined;

  constructor(connection: RTCPeerConnection, means: MediaPathMeans) {
    this.#connection = connection;
    this.#means = means;
    // Captured, to be ahead of JsSIP: it ends the call when ICE has failed.
    connection.addEventListener('iceconnectionstatechange', this.#changed, { capture: true });
    connection.addEventListener('connectionstatechange', this.#changed);
  }

  stop(): void {
    const connection = this.#connection;
    connection.removeEventListener('iceconnectionstatechange', this.#changed, { capture: true });
    connection.removeEventListener('connectionstatechange', this.#changed);
    this.#calm();
  }

  /** The network has changed: ICE itself would notice only after 5 to 7 s. */
  async check(): Promise<void> {
    const means = this.#means;
    if (!this.#isBroken && means.isAnswered() && !(await hears(this.#connection, LISTEN))) {
      await means.restart();
    }
  }

  readonly #changed = (event: Event): void => {
    const { iceConnectionState: ice, connectionState: whole } = this.#connection;
    if (ice === 'failed' && this.#means.isAnswered()) {
      event.stopImmediatePropagation();
    }
    if (ice === 'failed' || ice === 'disconnected' || whole === 'failed') {
      this.#broken();
    } else if (this.#isBroken && (ice === 'connected' || ice === 'completed')) {
      this.#calm();
      this.#means.broken(false);
    }
  };

  #broken(): void {
    if (!this.#means.isAnswered()) {
      if (this.#connection.iceConnectionState === 'failed') {
        this.#means.lost();
      }
    } else if (!this.#isBroken) {
      this.#isBroken = true;
      this.#means.broken(true);
      void this.#restart();
    }
  }

  async #restart(): Promise<void> {
    const asks = this.#means.mayAsk();
    if (asks) {
      this.#tries += 1;
      await this.#means.restart();
    }
    if (!this.#isBroken) {
      return;
    }
    if (this.#tries >= MOST_TRIES) {
      this.#means.lost();
      return;
    }
    const wait = asks ? (WAITS[this.#tries - 1] ?? LAST_WAIT) : LOOK;
    this.#next = window.setTimeout(() => void this.#restart(), wait);
  }

  #calm(): void {
    window.clearTimeout(this.#next);
    this.#isBroken = false;
    this.#tries = 0;
  }
}
