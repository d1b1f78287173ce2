import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PhoneState } from '../model/state';
import { cause } from '../model/causes';
import { checkCertificate, checkConnection, checkRegistration, open } from './network';

const SERVER = 'wss://pbx.test:7443';

describe('opening a connection', () => {
  const sockets: EventTarget[] = [];
  const closed = vi.fn();

  beforeEach(() => {
    vi.useFakeTimers();
    sockets.length = 0;
    closed.mockClear();
    vi.stubGlobal(
      'WebSocket',
      class extends EventTarget {
        readonly close = closed;
        constructor(
          readonly url: string,
          readonly protocol: string,
        ) {
          super();
          sockets.push(this);
        }
      },
    );
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.unstubAllGlobals();
  });

  it('uses the SIP subprotocol, measures the time, and closes the connection', async () => {
    const took = open(SERVER);
    vi.advanceTimersByTime(40);
    sockets[0]?.dispatchEvent(new Event('open'));
    expect(await took).toBeGreaterThanOrEqual(40);
    expect(sockets[0]).toMatchObject({ url: SERVER, protocol: 'sip' });
    expect(closed).toHaveBeenCalledOnce();
  });

  it('can fail, and can time out', async () => {
    const refused = open(SERVER);
    sockets[0]?.dispatchEvent(new Event('error'));
    expect(await refused).toBeNull();
    const stalled = open(SERVER);
    vi.advanceTimersByTime(5_000);
    expect(await stalled).toBeNull();
  });
});

it('reports how the server answers', () => {
  expect(checkConnection(SERVER, 31.4)).toEqual({
    result: 'ok',
    text: `${SERVER} answers in 31 ms.`,
  });
  expect(checkConnection(SERVER, 1_500).result).toBe('warning');
  expect(checkConnection(SERVER, null)).toMatchObject({ result: 'fault' });
});

it.each<[string, number | null, string, RegExp]>([
  [SERVER, 30, 'ok', /trusts the certificate of pbx.test/],
  [SERVER, null, 'warning', /Open https:\/\/pbx.test:7443 in another tab/],
  ['ws://localhost:5066', 30, 'ok', /None is needed/],
  ['ws://127.0.0.1:5066', null, 'ok', /None is needed/],
  ['ws://pbx.test:5066', 30, 'warning', /not encrypted/],
])('reports for the certificate of %s, opened in %s: %s', (server, took, result, text) => {
  const verdict = checkCertificate(server, took);
  expect(verdict.result).toBe(result);
  expect(verdict.text).toMatch(text);
});

it.each<[string, PhoneState['registration'], boolean, string]>([
  ['ok', { state: 'registered', extension: '1000' }, true, 'Registered as 1000.'],
  ['warning', { state: 'registered', extension: '1000' }, false, 'connecting again'],
  ['warning', { state: 'registering', extension: '1000', again: true }, true, 'is trying'],
  ['warning', { state: 'none' }, false, 'nobody can call'],
  [
    'fault',
    { state: 'failed', extension: '1000', cause: cause('wrong-password') },
    true,
    'Wrong extension or password. Check both',
  ],
])('reports for a registration: %s', (result, registration, connected, text) => {
  const verdict = checkRegistration({ registration, connected } as PhoneState);
  expect(verdict.result).toBe(result);
  expect(verdict.text).toContain(text);
});
