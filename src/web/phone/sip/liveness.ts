/* Liveness check of the WebSocket. JsSIP sends nothing by itself, and a dead connection (a sleeping
   laptop, another network, a router that dropped it) looks open for minutes: a REGISTER on it fails
   only after 32 s. The probe is an OPTIONS to the switch itself (RFC 3261, section 11): any
   response will do. */

/** Interval between two probes, in milliseconds. */
const PROBE_INTERVAL_MS = 4_000;
/** Timeout of a probe and of a connection attempt. */
const PROBE_TIMEOUT_MS = 4_000;
/** Timeout on a new network, in ms: most probably the connection broke with the old one. */
const NEW_NETWORK_TIMEOUT_MS = 1_000;
/** Delay before another attempt on a new network, which may have no route yet, in ms. */
const RECONNECT_DELAYS_MS = [500, 1_000, 2_000] as const;
/** A timer that is this late shows that the machine has slept. */
const SLEEP_DRIFT_MS = 3_000;

export interface ConnectionProbe {
  /** Whether there should be a connection: not before the first registration. */
  isWanted(): boolean;
  state(): 'up' | 'connecting' | 'down';
  /** Sends a probe; `answered` is called for any response. */
  ask(answered: () => void): void;
  /** Closes the connection or attempt, and connects again at once. */
  renew(): void;
  /** The connection still works after a change of network; the audio paths may not. */
  onConnectionSurvived(): void;
}

export class Liveness {
  readonly #probe: ConnectionProbe;
  #interval: number | undefined;
  #timeout: number | undefined;
  #reconnect: number | undefined;
  #expected = 0;
  /** It was already connecting at the last check. */
  #wasConnecting = false;

  constructor(line: ConnectionProbe) {
    this.#probe = line;
  }

  start(): void {
    this.stop();
    this.#expected = Date.now() + PROBE_INTERVAL_MS;
    this.#interval = window.setInterval(this.#tick, PROBE_INTERVAL_MS);
    window.addEventListener('online', this.#online);
    document.addEventListener('visibilitychange', this.#onVisible);
  }

  stop(): void {
    window.clearInterval(this.#interval);
    window.clearTimeout(this.#reconnect);
    this.#forgetProbe();
    window.removeEventListener('online', this.#online);
    document.removeEventListener('visibilitychange', this.#onVisible);
  }

  /** Closes the connection, and makes another one. */
  renew(): void {
    this.#forgetProbe();
    this.#wasConnecting = false;
    this.#probe.renew();
  }

  readonly #tick = (): void => {
    if (!this.#probe.isWanted()) {
      return;
    }
    const late = Date.now() - this.#expected;
    this.#expected = Date.now() + PROBE_INTERVAL_MS;
    if (late > SLEEP_DRIFT_MS) {
      // The answer to the last probe may have been lost while the machine slept.
      this.#forgetProbe();
    }
    const isConnecting = this.#probe.state() === 'connecting';
    // A browser would wait for minutes for an address that does not respond.
    if (isConnecting && this.#wasConnecting) {
      this.renew();
    }
    this.#wasConnecting = isConnecting;
    this.#sendProbe(PROBE_TIMEOUT_MS);
  };

  readonly #online = (): void => {
    if (!this.#probe.isWanted()) {
      return;
    }
    if (this.#probe.state() !== 'up') {
      this.renew();
      this.#reconnectLater();
      return;
    }
    this.#forgetProbe();
    this.#sendProbe(NEW_NETWORK_TIMEOUT_MS, () => {
      this.#probe.onConnectionSurvived();
    });
  };

  readonly #onVisible = (): void => {
    if (document.visibilityState === 'visible' && this.#probe.isWanted()) {
      if (this.#probe.state() === 'down') {
        this.renew();
      }
      this.#sendProbe(PROBE_TIMEOUT_MS);
    }
  };

  #reconnectLater(tries = 0): void {
    window.clearTimeout(this.#reconnect);
    const wait = RECONNECT_DELAYS_MS[tries];
    if (wait !== undefined) {
      this.#reconnect = window.setTimeout(() => {
        if (this.#probe.state() === 'down') {
          this.renew();
        }
        this.#reconnectLater(tries + 1);
      }, wait);
    }
  }

  #sendProbe(timeoutMs: number, onAnswer?: () => void): void {
    if (this.#timeout !== undefined || this.#probe.state() !== 'up') {
      return;
    }
    const timeout = window.setTimeout(() => {
      this.renew();
      if (onAnswer !== undefined) {
        this.#reconnectLater();
      }
    }, timeoutMs);
    this.#timeout = timeout;
    this.#probe.ask(() => {
      if (this.#timeout === timeout) {
        this.#forgetProbe();
        onAnswer?.();
      }
    });
  }

  #forgetProbe(): void {
    window.clearTimeout(this.#timeout);
    this.#timeout = undefined;
  }
}
