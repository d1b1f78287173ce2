/* Presence of extensions, polled from the server, which knows it from the switch. Unlike a SIP
   subscription it tells nothing else of their calls. */
import type { Presence } from '../model/state';
import { parseObject, type Session } from './server-session';

const INTERVAL_MS = 5_000;
/** While the page is hidden. */
const HIDDEN_INTERVAL_MS = 60_000;
/** Delay after errors, at most, unless the server names another. */
const MAX_RETRY_DELAY_MS = 300_000;
/** Age at which presence is forgotten if no newer one arrives. */
const MAX_AGE_MS = 30_000;

export class ServerPresence {
  readonly #session: Session;
  readonly #changed: () => void;
  readonly #now: () => number;
  #states: ReadonlyMap<string, Presence> = new Map();
  #extensions: readonly string[] = [];
  /** How many views show it. */
  #views = 0;
  #isOffered = false;
  #version = '';
  #heardAt = 0;
  #failures = 0;
  /** The time before which the server wants no request. */
  #retryAt = 0;
  #timer: number | undefined;
  /** The request whose answer is awaited; null if none is. */
  #pending: object | null = null;

  constructor(session: Session, changed: () => void, now: () => number) {
    this.#session = session;
    this.#changed = changed;
    this.#now = now;
    document.addEventListener('visibilitychange', () => {
      if (!document.hidden) {
        this.#pollSoon();
      }
    });
  }

  /** The extensions whose presence is known; a new map after every change. */
  get states(): ReadonlyMap<string, Presence> {
    return this.#states;
  }

  /** Polls exactly these extensions, while a view shows them. */
  watch(extensions: readonly string[]): void {
    this.#extensions = extensions;
    this.#set(new Map([...this.#states].filter(([extension]) => extensions.includes(extension))));
    this.#restart();
  }

  /** A view shows presence, until it calls the returned function. */
  show(): () => void {
    this.#views += 1;
    this.#pollSoon();
    return () => {
      this.#views -= 1;
      if (this.#views === 0) {
        this.#stop();
      }
    };
  }

  /** The extension is registered, for the first time or again. */
  start(): void {
    this.#isOffered = true;
    this.#failures = 0;
    this.#pollSoon();
  }

  /** Forgets everything but the extensions to watch. */
  reset(): void {
    this.#stop();
    this.#isOffered = false;
    this.#failures = 0;
    this.#retryAt = 0;
    this.#forget();
  }

  get #isWanted(): boolean {
    return this.#isOffered && this.#views > 0 && this.#extensions.length > 0;
  }

  #stop(): void {
    window.clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#pending = null;
  }

  #restart(): void {
    this.#stop();
    this.#pollSoon();
  }

  /** Polls now, or as soon as the server wants a request. */
  #pollSoon(): void {
    if (this.#isWanted && this.#pending === null) {
      this.#schedule(Math.max(0, this.#retryAt - this.#now()));
    }
  }

  #schedule(delay: number): void {
    window.clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => {
      void this.#poll();
    }, delay);
  }

  async #poll(): Promise<void> {
    const request = {};
    this.#pending = request;
    const numbers = this.#extensions.map(encodeURIComponent).join(',');
    const headers = this.#version === '' ? {} : { 'If-None-Match': this.#version };
    const answer = await this.#session.request(`/presence?numbers=${numbers}`, { headers });
    const states = answer?.ok === true ? statesOf(await parseObject(answer)) : null;
    if (this.#pending !== request) {
      return;
    }
    this.#pending = null;
    if (answer?.status === 404) {
      // Asked again after the next registration.
      this.reset();
      return;
    }
    if (answer !== null && (states !== null || answer.status === 304)) {
      this.#onAnswer(answer, states);
    } else {
      this.#onFailure(answer);
    }
  }

  #onAnswer(answer: Response, states: ReadonlyMap<string, Presence> | null): void {
    this.#heardAt = this.#now();
    this.#failures = 0;
    this.#retryAt = 0;
    if (states !== null) {
      this.#version = answer.headers.get('ETag') ?? '';
      this.#set(states);
    }
    // Between 80 and 120 %: phones that were opened together do not stay together.
    const interval = document.hidden ? HIDDEN_INTERVAL_MS : INTERVAL_MS;
    this.#schedule(interval * (0.8 + 0.4 * Math.random()));
  }

  #onFailure(answer: Response | null): void {
    this.#failures += 1;
    const seconds = Number(answer?.headers.get('Retry-After'));
    if (seconds > 0) {
      this.#retryAt = this.#now() + seconds * 1000;
    }
    const least =
      seconds > 0
        ? seconds * 1000
        : Math.min(MAX_RETRY_DELAY_MS / 1.5, INTERVAL_MS * 2 ** this.#failures);
    const delay = least * (1 + 0.5 * Math.random());
    if (this.#now() + delay > this.#heardAt + MAX_AGE_MS) {
      this.#forget();
    }
    this.#schedule(delay);
  }

  #forget(): void {
    this.#version = '';
    this.#set(new Map());
  }

  #set(states: ReadonlyMap<string, Presence>): void {
    const before = this.#states;
    const isSame =
      states.size === before.size &&
      [...states].every(([extension, presence]) => before.get(extension) === presence);
    if (!isSame) {
      this.#states = states;
      this.#changed();
    }
  }
}

/** The presence by extension; null if it is no such answer. */
function statesOf(data: Record<string, unknown> | null): ReadonlyMap<string, Presence> | null {
  const listed = data?.['presence'];
  if (!Array.isArray(listed)) {
    return null;
  }
  const entries = (listed as readonly unknown[]).filter(isEntry);
  return new Map(entries.map(({ extension, state }) => [extension, state]));
}

interface Entry {
  readonly extension: string;
  readonly state: Presence;
}

function isEntry(value: unknown): value is Entry {
  const { extension, state } = (value ?? {}) as Partial<Record<keyof Entry, unknown>>;
  return (
    typeof extension === 'string' &&
    (state === 'offline' || state === 'available' || state === 'ringing' || state === 'busy')
  );
}
