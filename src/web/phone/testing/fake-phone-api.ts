import { createHash } from 'node:crypto';
import { vi } from 'vitest';
import { PhoneServer, type ServerConfig } from '../account-data/phone-server';

export const DIGEST = {
  ha1: createHash('md5').update('1000:pbx.test:secret').digest('hex'),
  realm: 'pbx.test',
};
export const STATIC = [{ urls: 'stun:stun.test' }];
const CONFIG: ServerConfig = {
  phoneApi: '/sip/phone',
  directory: true,
  presence: 'off',
  turn: true,
  iceServers: STATIC,
};

interface Asked {
  readonly path: string;
  readonly init: RequestInit;
}

export const json = (data: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(data), {
    status,
    headers: {
      'Content-Type': status < 400 ? 'application/json' : 'application/problem+json',
      ...headers,
    },
  });

export const bodyOf = ({ init }: Asked): unknown => JSON.parse(init.body as string);

/** The server's API for phones: scripted answers in place of `fetch`, and a record of requests. */
export class FakePhoneApi {
  now = 1_000_000;
  asked: Asked[] = [];
  #tokens = 0;
  readonly answers: Record<string, () => Response | Promise<Response>> = {
    '/challenge': () => json({ nonce: 'the.nonce', expires_in: 60 }),
    '/session': () => json({ token: `token-${(this.#tokens += 1)}`, expires_in: 900 }, 201),
    '/directory': () =>
      json({ extensions: [{ extension: '1001', name: 'Ann' }] }, 200, { ETag: '"1"' }),
    '/ice-servers': () =>
      json({ iceServers: [{ urls: 'turn:t', username: 'u', credential: 'c' }], expires_in: 600 }),
    '/conference': () => json({ room: '3047' }, 201),
    '/reports': () => json({ id: '1' }, 201),
  };

  /** `vi.unstubAllGlobals` ends it. */
  constructor() {
    vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
      const path = url.replace('/sip/phone', '');
      this.asked.push({ path, init });
      return Promise.resolve().then(() => this.answers[path]?.() ?? json({}, 404));
    });
  }

  paths(): string[] {
    return this.asked.map(({ path }) => path);
  }

  headerOf(path: string, name: string): string | undefined {
    const last = this.asked.findLast((one) => one.path === path);
    return (last?.init.headers as Record<string, string>)[name];
  }

  phoneServer(part: Partial<ServerConfig> = {}): PhoneServer {
    return new PhoneServer({ ...CONFIG, ...part }, () => this.now);
  }

  /** The server of a phone whose password was accepted. */
  async registered(part: Partial<ServerConfig> = {}): Promise<PhoneServer> {
    const made = this.phoneServer(part);
    await made.onPasswordAccepted('1000', DIGEST);
    return made;
  }
}
