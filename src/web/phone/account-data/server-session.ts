/* A session with the sipapp server, opened by a proof of the extension's password. Errors are not
   reported: a phone works without that server. */
import { proxyLogIn } from '../../shared/proxy-log-in';
import type { Digest } from '../model/account';
import { computeProof } from './proof';

/** Time before its expiry at which a token is renewed, in ms. */
const RENEWAL_MARGIN_MS = 30_000;
/** Delays before the next attempt, in ms, without a Retry-After: of a busy server, and after a
    refusal, which the same proof would repeat. */
const BUSY_RETRY_MS = 60_000;
const REFUSED_RETRY_MS = 600_000;

export interface RequestOptions {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

interface Token {
  readonly value: string;
  readonly expiresAt: number;
}

export class Session {
  readonly #base: string;
  readonly #now: () => number;
  #extension = '';
  #digest: Digest | null = null;
  #token: Token | null = null;
  #opening: Promise<Token | null> | null = null;
  /** The time before which no session is requested. */
  #retryAt = 0;

  /** @param base Address of the phone API, without a slash at its end. */
  constructor(base: string, now: () => number = Date.now) {
    this.#base = base;
    this.#now = now;
  }

  /** Sets the account of the session; returns whether extension or password have changed. */
  onPasswordAccepted(extension: string, digest: Digest): boolean {
    const same = extension === this.#extension && digest.ha1 === this.#digest?.ha1;
    if (!same) {
      this.end();
      this.#extension = extension;
      this.#retryAt = 0;
    }
    this.#digest = digest;
    return !same;
  }

  /** Ends the session: further requests return null. */
  end(): void {
    this.#digest = null;
    this.#token = null;
    this.#opening = null;
  }

  /** Sends a request; null without a session or a connection. */
  async request(path: string, options: RequestOptions = {}): Promise<Response | null> {
    const answer = await this.#requestOnce(path, options);
    if (answer?.status !== 401) {
      return answer;
    }
    // The session expired early, for example at a restart of the server.
    this.#token = null;
    return this.#requestOnce(path, options);
  }

  async #requestOnce(path: string, options: RequestOptions): Promise<Response | null> {
    const token = await this.#validToken();
    if (token === null) {
      return null;
    }
    return this.#fetch(path, {
      ...options,
      // Not Authorization: a proxy may want a name and password of its own there.
      headers: { ...options.headers, 'Sipapp-Session': token.value },
    });
  }

  async #validToken(): Promise<Token | null> {
    const [token, digest] = [this.#token, this.#digest];
    if (token !== null && this.#now() < token.expiresAt - RENEWAL_MARGIN_MS) {
      return token;
    }
    if (digest === null || this.#now() < this.#retryAt) {
      return null;
    }
    // Concurrent requests wait for the same session.
    const opening = this.#opening ?? this.#open(digest);
    this.#opening = opening;
    const opened = await opening;
    if (this.#opening === opening) {
      this.#opening = null;
      this.#token = opened;
    }
    return opened;
  }

  async #open({ ha1, realm }: Digest): Promise<Token | null> {
    const extension = this.#extension;
    const challenge = await this.#post('/challenge', { extension });
    const nonce = challenge?.['nonce'];
    if (typeof nonce !== 'string') {
      return null;
    }
    const parts = ['sipapp-phone-1', extension, realm, nonce];
    const proof = await computeProof(ha1, parts).catch(() => null);
    if (proof === null) {
      return null;
    }
    const session = await this.#post('/session', { extension, realm, nonce, proof });
    const { token, expires_in: seconds } = session ?? {};
    return typeof token === 'string' && typeof seconds === 'number'
      ? { value: token, expiresAt: this.#now() + seconds * 1000 }
      : null;
  }

  async #post(path: string, body: unknown): Promise<Record<string, unknown> | null> {
    const answer = await this.#fetch(path, { method: 'POST', body });
    if (answer !== null && !answer.ok) {
      this.#setRetryTime(answer);
    }
    return answer?.ok === true ? parseObject(answer) : null;
  }

  #setRetryTime(answer: Response): void {
    const seconds = Number(answer.headers.get('Retry-After'));
    const isBusy = answer.status === 429 || answer.status >= 500;
    const pause = seconds > 0 ? seconds * 1000 : isBusy ? BUSY_RETRY_MS : REFUSED_RETRY_MS;
    this.#retryAt = this.#now() + pause;
  }

  async #fetch(
    path: string,
    { method = 'GET', headers, body }: RequestOptions,
  ): Promise<Response | null> {
    const json = body === undefined ? {} : { 'Content-Type': 'application/json' };
    try {
      const answer = await fetch(`${this.#base}${path}`, {
        method,
        headers: { ...json, ...headers },
        body: body === undefined ? null : JSON.stringify(body),
        // With what a proxy knows the browser by; the server itself does not look at it here.
        credentials: 'same-origin',
        redirect: 'manual',
        cache: 'no-store',
      });
      return proxyLogIn.note(answer, 'json') ? null : answer;
    } catch {
      return null;
    }
  }
}

/** The JSON object in an answer; null if there is none. */
export async function parseObject(answer: Response): Promise<Record<string, unknown> | null> {
  const data: unknown = await answer.json().catch(() => null);
  return typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : null;
}
