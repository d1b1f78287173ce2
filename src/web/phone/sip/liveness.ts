/* Whether the WebSocket still leads somewhere. JsSIP sends nothing by itself, and a connection
   that died without a word (a sleeping laptop, another network, a router that forgot it) looks
   open for minutes: a REGISTER on it fails after 32 s only. An OPTIONS to the switch itself
   (RFC 3261, section 11) is answered by every one; what it says does not matter. */

/** Milliseconds between two questions. */
const EVERY = 4_000;
/** So long may an answer take, in ms, or a new connection. */
const PATIENCE = 4_000;
/** On a network that has just come, in ms: most probably the connection went with the old one. */
const NEW_NETWORK = 1_000;
/** A network that has just come may have no route yet: then it is tried again, after so many ms. */
const AGAIN = [500, 1_000, 2_000] as const;
/** A timer that comes this much too late, in ms, has slept with the machine. */
const DRIFT = 3_000;

export interface Line {
  /** Whether there should be a connection: not before the first registration. */
  isWanted(): boolean;
  state(): 'up' | 'connecting' | 'down';
  /** Asks; `answered` is called on any answer. */
  ask(answered: () => void): void;
  /** Gives up what there is of a connection, and makes a new one at once. */
  renew(): void;
  /** The connection has outlived a change of network; what else is up may not have. */
  outlived(): void;
}

export class Liveness {
  readonly #line: Line;
  #every: number | undefined;
  #patience: number | undefined;
  #again: number | undefined;
  #expected = 0;
  /** It was connecting already when it was looked at last. */
  #wasConnecting = false;

  constructor(line: Line) {
    this.#line = line;
  }

  start(): void {
    this.stop();
    this.#expected = Date.now() + EVERY;
    this.#every = window.setInterval(this.#tick, EVERY);
    window.addEventListener('online', this.#online);
    document.addEventListener('visibilitychange', this.#seen);
  }

  stop(): void {
    window.clearInterval(this.#every);
    window.clearTimeout(this.#again);
    this.#forget();
    window.removeEventListener('online', this.#online);
    document.removeEventListener('visibilitychange', this.#seen);
  }

  /** Gives up the connection, and makes another one. */
  renew(): void {
    this.#forget();
    this.#wasConnecting = false;
    this.#line.renew();
  }

  readonly #tick = (): void => {
    if (!this.#line.isWanted()) {
      return;
    }
    const late = Date.now() - this.#expected;
    this.#expected = Date.now() + EVERY;
    if (late > DRIFT) {
      // The answer to the last question may have come and gone while the machine slept.
      this.#forget();
    }
    const isConnecting = this.#line.state() === 'connecting';
    // A browser would wait for minutes for an address that does not answer.
    if (isConnecting && this.#wasConnecting) {
      this.renew();
    }
    this.#wasConnecting = isConnecting;
    this.#ask(PATIENCE);
  };

  readonly #online = (): void => {
    if (!this.#line.isWanted()) {
      return;
    }
    if (this.#line.state() !== 'up') {
      this.renew();
      this.#insist();
      return;
    }
    this.#forget();
    this.#ask(NEW_NETWORK, () => {
      this.#line.outlived();
    });
  };

  readonly #seen = (): void => {
    if (document.visibilityState === 'visible' && this.#line.isWanted()) {
      if (this.#line.state() === 'down') {
        this.renew();
      }
      this.#ask(PATIENCE);
    }
  };

  #insist(tries = 0): void {
    window.clearTimeout(this.#again);
    const wait = AGAIN[tries];
    if (wait !== undefined) {
      this.#again = window.setTimeout(() => {
        if (this.#line.state() === 'down') {
          this.renew();
        }
        this.#insist(tries + 1);
      }, wait);
    }
  }

  #ask(patience: number, proven?: () => void): void {
    if (this.#patience !== undefined || this.#line.state() !== 'up') {
      return;
    }
    const asked = window.setTimeout(() => {
      this.renew();
      if (proven !== undefined) {
        this.#insist();
      }
    }, patience);
    this.#patience = asked;
    this.#line.ask(() => {
      if (this.#patience === asked) {
        this.#forget();
        proven?.();
      }
    });
  }

  #forget(): void {
    window.clearTimeout(this.#patience);
    this.#patience = undefined;
  }
}
