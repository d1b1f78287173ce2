/* Limits how long a call waits for ICE candidates. JsSIP sends its INVITE (or its answer) only when
   gathering is complete: an unreachable STUN server costs 40 s, and even TCP candidates, which no
   SIP switch uses, cost 110 ms. */

/** Without a STUN or TURN server: wait after an address for another one, in ms. A machine's own
    addresses arrive together. */
const AFTER_HOST_MS = 5;
/** With a STUN or TURN server: wait after the first public address for other servers. */
const AFTER_PUBLIC_MS = 300;
const GATHERING_TIMEOUT_MS = 1500;
/** Limit for the first candidate. Without any the call cannot have audio; slow machines still get
    some time. */
const GIVE_UP_MS = 5000;

export interface GatheredCandidate {
  readonly type: string | null;
  readonly protocol: string | null;
}

export class GatheringCap {
  readonly #hasServers: boolean;
  readonly #nothingFound: () => void;
  #ready: (() => void) | null = null;
  #soon: number | undefined;
  #latest: number | undefined;
  #due = false;

  constructor(hasServers: boolean, nothingFound: () => void) {
    this.#hasServers = hasServers;
    this.#nothingFound = nothingFound;
  }

  /** Gathering begins, for the call's first description or for a later one. */
  begin(): void {
    this.end();
    this.#due = false;
    this.#latest = window.setTimeout(() => {
      if (this.#ready !== null) {
        this.#finish();
        return;
      }
      // The limit has passed: the next candidate ends the wait.
      this.#due = true;
      this.#latest = window.setTimeout(this.#nothingFound, GIVE_UP_MS - GATHERING_TIMEOUT_MS);
    }, GATHERING_TIMEOUT_MS);
  }

  /** A candidate was found; `ready` ends the wait. */
  candidate(candidate: GatheredCandidate, ready: () => void): void {
    this.#ready = ready;
    if (this.#due) {
      this.#finish();
    } else if (!this.#hasServers && candidate.protocol !== 'tcp') {
      window.clearTimeout(this.#soon);
      this.#finishIn(AFTER_HOST_MS);
    } else if (isPublic(candidate) && this.#soon === undefined) {
      this.#finishIn(AFTER_PUBLIC_MS);
    }
  }

  #finishIn(milliseconds: number): void {
    this.#soon = window.setTimeout(() => {
      this.#finish();
    }, milliseconds);
  }

  /** Gathering is complete, or the call has ended. */
  end(): void {
    window.clearTimeout(this.#soon);
    window.clearTimeout(this.#latest);
    this.#soon = undefined;
    this.#ready = null;
  }

  #finish(): void {
    const ready = this.#ready;
    this.end();
    ready?.();
  }
}

function isPublic({ type }: GatheredCandidate): boolean {
  return type === 'srflx' || type === 'relay';
}
