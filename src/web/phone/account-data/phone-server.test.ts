import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { proxyLogIn } from '../../shared/proxy-log-in';
import { bodyOf, DIGEST, FakePhoneApi, json, STATIC } from '../testing/fake-phone-api';

let api: FakePhoneApi;
beforeEach(() => {
  api = new FakePhoneApi();
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe('the session', () => {
  it('is opened once, by a proof and without the password or HA1', async () => {
    await api.registered();
    expect(api.paths().slice(0, 2)).toEqual(['/challenge', '/session']);
    expect(api.paths().filter((path) => path === '/session')).toHaveLength(1);
    expect(api.asked.slice(0, 2).map(bodyOf)).toEqual([
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
    expect(JSON.stringify(api.asked)).not.toContain(DIGEST.ha1);
    expect(api.headerOf('/directory', 'Sipapp-Session')).toBe('token-1');
    for (const { init } of api.asked) {
      expect(init).toMatchObject({ credentials: 'same-origin', redirect: 'manual' });
    }
  });

  it('is renewed before it expires, and when the server has lost it', async () => {
    const made = await api.registered();
    api.now += 880_000;
    expect(await made.conferenceRoom()).toBe('3047');
    expect(api.headerOf('/conference', 'Sipapp-Session')).toBe('token-2');

    let first = true;
    api.answers['/conference'] = () => {
      const answer = first ? json({}, 401) : json({ room: '3048' }, 201);
      first = false;
      return answer;
    };
    expect(await made.conferenceRoom()).toBe('3048');
    expect(api.headerOf('/conference', 'Sipapp-Session')).toBe('token-3');
    api.answers['/conference'] = () => json({}, 401);
    expect(await made.conferenceRoom()).toBeNull();
  });

  it('is a new one for another extension, and ends without an extension', async () => {
    const made = await api.registered();
    await made.onPasswordAccepted('1001', { ...DIGEST, ha1: 'other' });
    expect(api.headerOf('/directory', 'Sipapp-Session')).toBe('token-2');
    made.end();
    api.asked = [];
    expect(await made.conferenceRoom()).toBeNull();
    expect(api.asked).toEqual([]);
    expect(made.directory).toEqual([]);
    expect(made.iceServers).toEqual(STATIC);
  });

  it.each([
    [403, {}, 600],
    [404, {}, 600],
    [429, { 'Retry-After': '20' }, 20],
    [503, {}, 60],
  ])('is not api.asked for again at once after %i', async (status, headers, seconds) => {
    api.answers['/session'] = () => json({}, status, headers);
    const made = await api.registered();
    expect(made.directory).toEqual([]);
    api.now += seconds * 1000 - 1;
    api.asked = [];
    await made.onPasswordAccepted('1000', DIGEST);
    expect(api.asked).toEqual([]);
    api.now += 1;
    await made.onPasswordAccepted('1000', DIGEST);
    expect(api.paths()).toContain('/session');
  });

  it('is requested at once with a new password', async () => {
    api.answers['/session'] = () => json({}, 403);
    const made = await api.registered();
    delete api.answers['/session'];
    api.answers['/session'] = () => json({ token: 'good', expires_in: 900 }, 201);
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
      const right = api.answers[path];
      api.answers[path] = answer;
      const made = await api.registered();
      expect(await made.conferenceRoom()).toBe(
        path === '/directory' || path === '/ice-servers' ? '3047' : null,
      );
      expect(made.directory).toHaveLength(
        path === '/ice-servers' || path === '/conference' ? 1 : 0,
      );
      api.answers[path] = right ?? answer;
    }
  });

  it.each([
    [
      'a redirect',
      () => Object.defineProperty(Response.error(), 'type', { value: 'opaqueredirect' }),
    ],
    ['its page', () => new Response('<html>', { headers: { 'Content-Type': 'text/html' } })],
    ['a refusal', () => new Response('Unauthorized', { status: 401 })],
  ])('is not taken for lost when a proxy asks for a log-in by %s', async (_what, answer) => {
    const made = await api.registered();
    const right = api.answers['/conference'] ?? answer;
    api.answers['/conference'] = answer;
    expect(await made.conferenceRoom()).toBeNull();
    expect(proxyLogIn.isNeeded).toBe(true);
    api.answers['/conference'] = right;
    expect(await made.conferenceRoom()).toBe('3047');
    expect(api.headerOf('/conference', 'Sipapp-Session')).toBe('token-1');
    expect(proxyLogIn.isNeeded).toBe(false);
  });

  it('is not opened where the browser has no WebCrypto', async () => {
    vi.stubGlobal('crypto', {});
    const made = await api.registered();
    expect(made.directory).toEqual([]);
    expect(api.paths()).not.toContain('/session');
  });
});

describe('servers for ICE', () => {
  it('come from the configuration until the server sends others, and are renewed in time', async () => {
    const made = api.phoneServer({ directory: false });
    expect(made.iceServers).toBe(STATIC);
    await made.onPasswordAccepted('1000', DIGEST);
    expect(made.iceServers).toEqual([{ urls: 'turn:t', username: 'u', credential: 'c' }]);

    const count = (): number => api.paths().filter((path) => path === '/ice-servers').length;
    api.now += 299_000;
    await made.onPasswordAccepted('1000', DIGEST);
    expect(count()).toBe(1);
    api.now += 1_000;
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
    const count = (): number => api.paths().filter((path) => path === '/ice-servers').length;
    const halfLifetime = async (): Promise<void> => {
      api.now += 300_000;
      await vi.advanceTimersByTimeAsync(300_000);
    };

    it('are renewed by half of their lifetime', async () => {
      const made = await api.registered();
      api.answers['/ice-servers'] = () =>
        json({ iceServers: [{ urls: 'turn:new' }], expires_in: 600 });
      await halfLifetime();
      expect(made.iceServers).toEqual([{ urls: 'turn:new' }]);
      await halfLifetime();
      expect(count()).toBe(3);
    });

    it('are renewed by the next registration after a failure', async () => {
      const made = await api.registered();
      api.answers['/ice-servers'] = () => json({}, 503);
      await halfLifetime();
      expect(count()).toBe(2);
      await made.onPasswordAccepted('1000', DIGEST);
      expect(count()).toBe(3);
    });

    it('are left alone when the extension is not registered any more', async () => {
      const made = await api.registered();
      made.end();
      api.asked = [];
      await halfLifetime();
      expect(api.asked).toEqual([]);
      expect(made.iceServers).toEqual(STATIC);
    });
  });
});

it('sends reports, and returns whether they arrived', async () => {
  const made = await api.registered();
  expect(await made.report({ text: 'one way' })).toBe(true);
  expect(api.asked.map((one) => one.path).at(-1)).toBe('/reports');
  api.answers['/reports'] = () => json({}, 413);
  expect(await made.report({})).toBe(false);
});
