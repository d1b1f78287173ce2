/* Whether the WebSocket still leads somewhere. JsSIP sends nothing by itself, and a connection
   that died without a word (a sleeping laptop, another network, a router that forgot it) looks
   open for minutes: a REGISTER on it fails after 32 s only. An OPTIONS to the switch itself
   (RFC 3261, section 11) is answered by every one; what it says does not matter. */

/** Milliseconds between two questions. */
const PROBE_INTERVAL_MS = 4_000;
/** So long may an answer take or a new connection. */
const PROBE_TIMEOUT_MS = 4_000;
/** On a network that has just come, in ms: most probably the connection went with the old one. */
const NEW_NETWORK_TIMEOUT_MS = 1_000;
/** A network that has just come may have no route yet: then it is tried again, after so many ms. */
const RECONNECT_DELAYS_MS = [500, 1_000, 2_000] as const;
/** A timer that comes this much too late has slept with the machine. */
const SLEEP_DRIFT_MS = 3_000;

export interface ConnectionProbe {
  /** Whether there should be a connection: not before the first registration. */
  isWanted(): boolean;
  state(): 'up' | 'connecting' | 'down';
  /** Asks; `answered` is called on any answer. */
  ask(answered: () => void): void;
  /** Gives up what there is of a connection, and makes a new one at once. */
  renew(): void;
  /** The connection has outlived a change of network; what else is up may not have. */
  onConnectionSurvived(): void;
}

export class Liveness {
  readonly #probe: ConnectionProbe;
  #interval: number | undefined;
  #timeout: number | undefined;
  #reconnect: number | undefined;
  #expected = 0;
  /** It was connecting already when it was looked at last. */
  #wasConnecting = false;

  constructor(line: ConnectionProbe) {
    this.#probe = line;
  }

  start(): void {
    this.stop();
    this.#expected = Date.now() + PROBE_INTERVAL_MS;
    this.#interval = window.setInterval(this.#tick, PROBE_INTERVAL_MS);
    window.addEventListener('online', this.#online);
    document.addEventListener('visibilitychange', this.#seen);
  }

  stop(): void {
    window.clearInterval(this.#interval);
    window.clearTimeout(this.#reconnect);
    this.#forgetProbe();
    window.removeEventListener('online', this.#online);
    document.removeEventListener('visibilitychange', this.#seen);
  }

  /** Gives up the connection, and makes another one. */
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
      // The answer to the last question may have come and gone while the machine slept.
      this.#forgetProbe();
    }
    const isConnecting = this.#probe.state() === 'connecting';
    // A browser would wait for minutes for an address that does not answer.
    if (isConnecting && this.#wasConnecting) {
      this.renew();
    }
    this.#wasConnecting = isConnecting;
    this.#ask(PROBE_TIMEOUT_MS);
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
    this.#ask(NEW_NETWORK_TIMEOUT_MS, () => {
      this.#probe.onConnectionSurvived();
    });
  };

  readonly #seen = (): void => {
    if (document.visibilityState === 'visible' && this.#probe.isWanted()) {
      if (this.#probe.state() === 'down') {
        this.renew();
      }
      this.#ask(PROBE_TIMEOUT_MS);
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

  #ask(patience: number, proven?: () => void): void {
    if (this.#timeout !== undefined || this.#probe.state() !== 'up') {
      return;
    }
    const asked = window.setTimeout(() => {
      this.renew();
      if (proven !== undefined) {
        this.#reconnectLater();
      }
    }, patience);
    this.#timeout = asked;
    this.#probe.ask(() => {
      if (this.#timeout === asked) {
        this.#forgetProbe();
        proven?.();
      }
    });
  }

  #forgetProbe(): void {
    window.clearTimeout(this.#timeout);
    this.#timeout = undefined;
  }
}
