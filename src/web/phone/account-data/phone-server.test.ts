import { createHash, createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { PhoneServer, type ServerConfig } from './phone-server';

const DIGEST = {
  ha1: createHash('md5').update('1000:pbx.test:secret').digest('hex'),
  realm: 'pbx.test',
};
const STATIC = [{ urls: 'stun:stun.test' }];
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

let now = 1_000_000;
let asked: Asked[] = [];
let answers: Record<string, () => Response | Promise<Response>> = {};

const json = (data: unknown, status = 200, headers: Record<string, string> = {}): Response =>
  new Response(JSON.stringify(data), { status, headers });

const paths = (): string[] => asked.map(({ path }) => path);
const bodyOf = ({ init }: Asked): unknown => JSON.parse(init.body as string);
const headerOf = (path: string, name: string): string | undefined =>
  (asked.findLast((one) => one.path === path)?.init.headers as Record<string, string>)[name];

let tokens = 0;
beforeEach(() => {
  now = 1_000_000;
  asked = [];
  tokens = 0;
  answers = {
    '/challenge': () => json({ nonce: 'the.nonce', expires_in: 60 }),
    '/session': () => json({ token: `token-${(tokens += 1)}`, expires_in: 900 }, 201),
    '/directory': () =>
      json({ extensions: [{ extension: '1001', name: 'Ann' }] }, 200, { ETag: '"1"' }),
    '/ice-servers': () =>
      json({ iceServers: [{ urls: 'turn:t', username: 'u', credential: 'c' }], expires_in: 600 }),
    '/conference': () => json({ room: '3047' }, 201),
    '/reports': () => json({ id: '1' }, 201),
  };
  vi.stubGlobal('fetch', (url: string, init: RequestInit) => {
    const path = url.replace('/sip/phone', '');
    asked.push({ path, init });
    return Promise.resolve().then(() => answers[path]?.() ?? json({}, 404));
  });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

function server(part: Partial<ServerConfig> = {}): PhoneServer {
  return new PhoneServer({ ...CONFIG, ...part }, () => now);
}

async function onPasswordAccepted(part: Partial<ServerConfig> = {}): Promise<PhoneServer> {
  const made = server(part);
  await made.onPasswordAccepted('1000', DIGEST);
  return made;
}

describe('the session', () => {
  it('is opened once, by a proof and without the password or HA1', async () => {
    await onPasswordAccepted();
    expect(paths().slice(0, 2)).toEqual(['/challenge', '/session']);
    expect(paths().filter((path) => path === '/session')).toHaveLength(1);
    expect(asked.slice(0, 2).map(bodyOf)).toEqual([
      { extension: '1000' },
      {
        extension: '1000',
        realm: 'pbx.test',
        nonce: 'the.nonce',
        proof: createHmac('sha256', DIGEST.ha1)
          .update('sipapp-phone-1\n1000\npbx.test\nthe.nonce')
          .digest('hex'),
      },
    ]);
    expect(JSON.stringify(asked)).not.toContain(DIGEST.ha1);
    expect(headerOf('/directory', 'Authorization')).toBe('Bearer token-1');
    for (const { init } of asked) {
      expect(init).toMatchObject({ credentials: 'omit', cache: 'no-store' });
    }
  });

  it('is renewed before it expires, and when the server has lost it', async () => {
    const made = await onPasswordAccepted();
    now += 880_000;
    expect(await made.conferenceRoom()).toBe('3047');
    expect(headerOf('/conference', 'Authorization')).toBe('Bearer token-2');

    let first = true;
    answers['/conference'] = () => {
      const answer = first ? json({}, 401) : json({ room: '3048' }, 201);
      first = false;
      return answer;
    };
    expect(await made.conferenceRoom()).toBe('3048');
    expect(headerOf('/conference', 'Authorization')).toBe('Bearer token-3');
    answers['/conference'] = () => json({}, 401);
    expect(await made.conferenceRoom()).toBeNull();
  });

  it('is a new one for another extension, and ends without an extension', async () => {
    const made = await onPasswordAccepted();
    await made.onPasswordAccepted('1001', { ...DIGEST, ha1: 'other' });
    expect(headerOf('/directory', 'Authorization')).toBe('Bearer token-2');
    made.end();
    asked = [];
    expect(await made.conferenceRoom()).toBeNull();
    expect(asked).toEqual([]);
    expect(made.directory).toEqual([]);
    expect(made.iceServers).toEqual(STATIC);
  });

  it.each([
    [403, {}, 600],
    [404, {}, 600],
    [429, { 'Retry-After': '20' }, 20],
    [503, {}, 60],
  ])('is not asked for again at once after %i', async (status, headers, seconds) => {
    answers['/session'] = () => json({}, status, headers);
    const made = await onPasswordAccepted();
    expect(made.directory).toEqual([]);
    now += seconds * 1000 - 1;
    asked = [];
    await made.onPasswordAccepted('1000', DIGEST);
    expect(asked).toEqual([]);
    now += 1;
    await made.onPasswordAccepted('1000', DIGEST);
    expect(paths()).toContain('/session');
  });

  it('is requested at once with a new password', async () => {
    answers['/session'] = () => json({}, 403);
    const made = await onPasswordAccepted();
    delete answers['/session'];
    answers['/session'] = () => json({ token: 'good', expires_in: 900 }, 201);
    await made.onPasswordAccepted('1000', { ...DIGEST, ha1: 'new' });
    expect(made.directory).toHaveLength(1);
  });

  it.each([
    ['no JSON', () => new Response('<html>')],
    ['another thing', () => json([])],
    ['nothing', () => json(null)],
    ['no connection', () => Promise.reject(new TypeError('Failed to fetch'))],
  ])('fails quietly on %s', async (_what, answer) => {
    for (const path of ['/challenge', '/session', '/directory', '/ice-servers', '/conference']) {
      const right = answers[path];
      answers[path] = answer;
      const made = await onPasswordAccepted();
      expect(await made.conferenceRoom()).toBe(
        path === '/directory' || path === '/ice-servers' ? '3047' : null,
      );
      expect(made.directory).toHaveLength(
        path === '/ice-servers' || path === '/conference' ? 1 : 0,
      );
      answers[path] = right ?? answer;
    }
  });

  it('is not opened where the browser has no WebCrypto', async () => {
    vi.stubGlobal('crypto', {});
    const made = await onPasswordAccepted();
    expect(made.directory).toEqual([]);
    expect(paths()).not.toContain('/session');
  });
});

describe('the directory', () => {
  it('is loaded again when it has changed', async () => {
    const made = server();
    const onChange = vi.fn();
    const end = made.subscribe(onChange);
    await made.onPasswordAccepted('1000', DIGEST);
    const before = made.directory;
    expect(before).toEqual([{ extension: '1001', name: 'Ann' }]);
    onChange.mockClear();

    answers['/directory'] = () => new Response(null, { status: 304 });
    await made.onPasswordAccepted('1000', DIGEST);
    expect(headerOf('/directory', 'If-None-Match')).toBe('"1"');
    expect(made.directory).toBe(before);
    expect(onChange).not.toHaveBeenCalled();

    answers['/directory'] = () => json({ extensions: [{ extension: '1002', name: '' }, 7, {}] });
    await made.onPasswordAccepted('1000', DIGEST);
    expect(made.directory).toEqual([{ extension: '1002', name: '' }]);
    expect(onChange).toHaveBeenCalledTimes(1);
    end();
  });

  describe('of a large site', () => {
    const SEARCH = '/directory?search=grace';
    const grace = { extension: '2000', name: 'Grace Hopper' };

    beforeEach(() => {
      vi.useFakeTimers();
      answers['/directory'] = () =>
        json({ extensions: [{ extension: '1001', name: 'Ann' }], complete: false });
      answers[SEARCH] = () => json({ extensions: [grace], complete: true });
    });
    afterEach(() => {
      vi.useRealTimers();
    });
    const pause = (): Promise<unknown> => vi.advanceTimersByTimeAsync(250);
    const searches = (): string[] => paths().filter((path) => path.includes('?search='));

    it('is searched after a pause in typing, and once for each text', async () => {
      const made = await onPasswordAccepted();
      const onChange = vi.fn();
      made.subscribe(onChange);
      for (const typed of ['g', 'gr', 'grace h', ' grace']) {
        made.searchDirectory(typed);
      }
      await pause();
      made.searchDirectory('grace');
      made.searchDirectory('');
      await pause();
      expect(searches()).toEqual([SEARCH]);
      expect(headerOf(SEARCH, 'Authorization')).toBe('Bearer token-1');
      expect(made.isDirectoryComplete).toBe(false);
      expect(made.directory).toEqual([{ extension: '1001', name: 'Ann' }, grace]);
      expect(onChange).toHaveBeenCalledTimes(1);
    });

    it('is searched by the digits of a number in any notation', async () => {
      const made = await onPasswordAccepted();
      made.searchDirectory('20-00');
      await pause();
      expect(searches()).toEqual(['/directory?search=2000']);
    });

    it('is searched again after a failure', async () => {
      const made = await onPasswordAccepted();
      answers[SEARCH] = () => Promise.reject(new TypeError('Failed to fetch'));
      made.searchDirectory('grace');
      await pause();
      expect(made.directory).toHaveLength(1);
      answers[SEARCH] = () => json({ extensions: [grace] });
      made.searchDirectory('grace');
      await pause();
      expect(made.directory).toHaveLength(2);
    });

    it('ignores an answer after the account has been left', async () => {
      const made = await onPasswordAccepted();
      let tell = (): void => undefined;
      answers[SEARCH] = () =>
        new Promise((resolve) => {
          tell = (): void => {
            resolve(json({ extensions: [grace] }));
          };
        });
      made.searchDirectory('grace');
      await pause();
      made.end();
      tell();
      await pause();
      expect(made.directory).toEqual([]);
    });

    describe('names', () => {
      const NAMES = '/directory/names';
      const lookUps = (): unknown[] => asked.filter(({ path }) => path === NAMES).map(bodyOf);

      beforeEach(() => {
        answers[NAMES] = () => json({ extensions: [grace, { extension: '9', name: 'Odd' }] });
      });

      it('are looked up for many numbers at once, and each number once', async () => {
        const made = await onPasswordAccepted();
        const told = vi.fn();
        made.subscribe(told);
        expect(made.nameOf('1001')).toBe('Ann');
        expect(made.nameOf('20-00')).toBe('');
        expect(made.nameOf('2001')).toBe('');
        expect(made.nameOf('')).toBe('');
        expect(made.nameOf('1'.repeat(256))).toBe('');
        await pause();
        expect(lookUps()).toEqual([{ numbers: ['2000', '2001'] }]);
        expect(told).toHaveBeenCalledTimes(1);
        expect(made.nameOf('2000')).toBe('Grace Hopper');
        expect([made.nameOf('2001'), made.nameOf('9')]).toEqual(['', '']);
        await pause();
        expect(lookUps()).toEqual([{ numbers: ['2000', '2001'] }, { numbers: ['9'] }]);
        await pause();
        expect(lookUps()).toHaveLength(2);
      });

      it('are looked up anew after the next registration, and stay meanwhile', async () => {
        const made = await onPasswordAccepted();
        made.nameOf('2000');
        made.nameOf('2001');
        await pause();
        await made.onPasswordAccepted('1000', DIGEST);
        expect(made.nameOf('2000')).toBe('Grace Hopper');
        made.nameOf('2001');
        await pause();
        expect(lookUps().at(-1)).toEqual({ numbers: ['2001'] });
      });

      it('of more numbers than one request has are left out', async () => {
        const made = await onPasswordAccepted();
        for (let number = 3000; number < 3060; number += 1) {
          made.nameOf(String(number));
        }
        await pause();
        await pause();
        expect(lookUps()).toHaveLength(1);
        expect((lookUps()[0] as { numbers: string[] }).numbers).toHaveLength(50);
      });

      it('are not asked for again by every picture after a failure', async () => {
        answers[NAMES] = () => json({}, 503);
        const made = await onPasswordAccepted();
        for (let pictures = 0; pictures < 5; pictures += 1) {
          expect(made.nameOf('2000')).toBe('');
          await pause();
        }
        expect(lookUps()).toHaveLength(1);
      });

      it('are those of the list where all are known, and forgotten with it', async () => {
        answers['/directory'] = () => json({ extensions: [grace], complete: true });
        const made = await onPasswordAccepted();
        expect([made.nameOf('2000'), made.nameOf('2001')]).toEqual(['Grace Hopper', '']);
        await pause();
        made.end();
        expect(made.nameOf('2000')).toBe('');
        await pause();
        expect(lookUps()).toEqual([]);
      });

      it('say nothing to somebody who has gone meanwhile', async () => {
        const made = await onPasswordAccepted();
        made.nameOf('2000');
        made.end();
        await pause();
        expect(lookUps()).toEqual([]);
      });
    });

    it('is not searched where all are known', async () => {
      answers['/directory'] = () => json({ extensions: [grace], complete: true });
      const made = await onPasswordAccepted();
      made.searchDirectory('grace');
      await pause();
      expect(made.isDirectoryComplete).toBe(true);
      expect(searches()).toEqual([]);
    });
  });

  it('is not requested where it is switched off', async () => {
    await onPasswordAccepted({ directory: false, turn: false });
    expect(asked).toEqual([]);
  });
});

describe('servers for ICE', () => {
  it('come from the configuration until the server sends others, and are renewed in time', async () => {
    const made = server({ directory: false });
    expect(made.iceServers).toBe(STATIC);
    await made.onPasswordAccepted('1000', DIGEST);
    expect(made.iceServers).toEqual([{ urls: 'turn:t', username: 'u', credential: 'c' }]);

    const count = (): number => paths().filter((path) => path === '/ice-servers').length;
    now += 299_000;
    await made.onPasswordAccepted('1000', DIGEST);
    expect(count()).toBe(1);
    now += 1_000;
    await made.onPasswordAccepted('1000', DIGEST);
    expect(count()).toBe(2);
  });

  describe('between two registrations', () => {
    beforeEach(() => {
      vi.useFakeTimers();
    });
    afterEach(() => {
      vi.useRealTimers();
    });
    const count = (): number => paths().filter((path) => path === '/ice-servers').length;
    const halfLifetime = async (): Promise<void> => {
      now += 300_000;
      await vi.advanceTimersByTimeAsync(300_000);
    };

    it('are renewed by half of their lifetime', async () => {
      const made = await onPasswordAccepted();
      answers['/ice-servers'] = () => json({ iceServers: [{ urls: 'turn:new' }], expires_in: 600 });
      await halfLifetime();
      expect(made.iceServers).toEqual([{ urls: 'turn:new' }]);
      await halfLifetime();
      expect(count()).toBe(3);
    });

    it('are renewed by the next registration after a failure', async () => {
      const made = await onPasswordAccepted();
      answers['/ice-servers'] = () => json({}, 503);
      await halfLifetime();
      expect(count()).toBe(2);
      await made.onPasswordAccepted('1000', DIGEST);
      expect(count()).toBe(3);
    });

    it('are left alone when the extension is not registered any more', async () => {
      const made = await onPasswordAccepted();
      made.end();
      asked = [];
      await halfLifetime();
      expect(asked).toEqual([]);
      expect(made.iceServers).toEqual(STATIC);
    });
  });
});

it('sends reports, and returns whether they arrived', async () => {
  const made = await onPasswordAccepted();
  expect(await made.report({ text: 'one way' })).toBe(true);
  expect(asked.map((one) => one.path).at(-1)).toBe('/reports');
  answers['/reports'] = () => json({}, 413);
  expect(await made.report({})).toBe(false);
});
