/* A session with our own server, for who has proved the extension's password to it. Whatever
   goes wrong stays quiet: a phone works without that server. */
import type { Digest } from '../model/account';
import { proofOf } from './proof';

/** A token is renewed so many ms before it ends. */
const RENEWAL_MARGIN_MS = 30_000;
/** Pauses in ms: of a server that is too busy to say how long, and after a refusal, which the
    same proof would meet again. */
const BUSY_RETRY_MS = 60_000;
const REFUSED_RETRY_MS = 600_000;

export interface Question {
  readonly method?: 'GET' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: unknown;
}

interface Token {
  readonly value: string;
  readonly until: number;
}

export class Session {
  readonly #base: string;
  readonly #now: () => number;
  #extension = '';
  #digest: Digest | null = null;
  #token: Token | null = null;
  #opening: Promise<Token | null> | null = null;
  /** Not to be asked for a session before. */
  #notBefore = 0;

  /** @param base Address of the phone API, without a slash at its end. */
  constructor(base: string, now: () => number = Date.now) {
    this.#base = base;
    this.#now = now;
  }

  /** Who asks from now on. Tells whether that is somebody else, or with another password. */
  onPasswordAccepted(extension: string, digest: Digest): boolean {
    const same = extension === this.#extension && digest.ha1 === this.#digest?.ha1;
    if (!same) {
      this.end();
      this.#extension = extension;
      this.#notBefore = 0;
    }
    this.#digest = digest;
    return !same;
  }

  /** Nobody asks from now on. */
  end(): void {
    this.#digest = null;
    this.#token = null;
    this.#opening = null;
  }

  /** The answer, or null without a session or a connection. */
  async ask(path: string, question: Question = {}): Promise<Response | null> {
    const answer = await this.#askOnce(path, question);
    if (answer?.status !== 401) {
      return answer;
    }
    // The session has ended before its time: the server was started anew, say.
    this.#token = null;
    return this.#askOnce(path, question);
  }

  async #askOnce(path: string, question: Question): Promise<Response | null> {
    const token = await this.#current();
    if (token === null) {
      return null;
    }
    return this.#fetch(path, {
      ...question,
      headers: { ...question.headers, Authorization: `Bearer ${token.value}` },
    });
  }

  async #current(): Promise<Token | null> {
    const [token, digest] = [this.#token, this.#digest];
    if (token !== null && this.#now() < token.until - RENEWAL_MARGIN_MS) {
      return token;
    }
    if (digest === null || this.#now() < this.#notBefore) {
      return null;
    }
    // Who asks meanwhile waits for the same.
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
    const proof = await proofOf(ha1, parts).catch(() => null);
    if (proof === null) {
      return null;
    }
    const session = await this.#post('/session', { extension, realm, nonce, proof });
    const { token, expires_in: seconds } = session ?? {};
    return typeof token === 'string' && typeof seconds === 'number'
      ? { value: token, until: this.#now() + seconds * 1000 }
      : null;
  }

  async #post(path: string, body: unknown): Promise<Record<string, unknown> | null> {
    const answer = await this.#fetch(path, { method: 'POST', body });
    if (answer !== null && !answer.ok) {
      this.#refused(answer);
    }
    return answer?.ok === true ? recordIn(answer) : null;
  }

  #refused(answer: Response): void {
    const seconds = Number(answer.headers.get('Retry-After'));
    const isBusy = answer.status === 429 || answer.status >= 500;
    const pause = seconds > 0 ? seconds * 1000 : isBusy ? BUSY_RETRY_MS : REFUSED_RETRY_MS;
    this.#notBefore = this.#now() + pause;
  }

  async #fetch(
    path: string,
    { method = 'GET', headers, body }: Question,
  ): Promise<Response | null> {
    const json = body === undefined ? {} : { 'Content-Type': 'application/json' };
    try {
      return await fetch(`${this.#base}${path}`, {
        method,
        headers: { ...json, ...headers },
        body: body === undefined ? null : JSON.stringify(body),
        // No cookie, and no password of the admin pages that the browser may know.
        credentials: 'omit',
        cache: 'no-store',
      });
    } catch {
      return null;
    }
  }
}

/** The object in an answer; null if there is none. */
export async function recordIn(answer: Response): Promise<Record<string, unknown> | null> {
  const data: unknown = await answer.json().catch(() => null);
  return typeof data === 'object' && data !== null ? (data as Record<string, unknown>) : null;
}
