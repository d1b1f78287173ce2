import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { checkStun, checkTurn } from './ice';

/** A connection whose gathering the test controls. */
class FakeConnection extends EventTarget {
  readonly addTransceiver = vi.fn();
  readonly setLocalDescription = vi.fn(() => Promise.resolve());
  readonly close = vi.fn();

  constructor(readonly configuration: RTCConfiguration) {
    super();
    made.push(this);
  }
  candidate(type: string | null): void {
    const candidate = type === null ? null : { type };
    this.dispatchEvent(Object.assign(new Event('icecandidate'), { candidate }));
  }
  error(errorCode: number): void {
    this.dispatchEvent(Object.assign(new Event('icecandidateerror'), { errorCode }));
  }
}

const made: FakeConnection[] = [];
const servers: RTCIceServer[] = [
  { urls: ['stun:s.test', 'turn:t.test'], username: 'u', credential: 'c' },
];

function connection(): FakeConnection {
  const [first] = made;
  if (first === undefined) {
    throw new Error('nothing is gathered');
  }
  return first;
}

beforeEach(() => {
  vi.useFakeTimers();
  made.length = 0;
  vi.stubGlobal('RTCPeerConnection', FakeConnection);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

it('passes without a server', async () => {
  expect(await checkStun([])).toMatchObject({ result: 'ok' });
  expect(await checkTurn([{ urls: 'stun:s.test' }])).toMatchObject({ result: 'ok' });
  expect(made).toEqual([]);
});

it('asks the STUN servers alone, and finds a public address', async () => {
  const verdict = checkStun(servers);
  expect(connection().configuration).toMatchObject({
    iceServers: [{ urls: ['stun:s.test'] }],
    iceTransportPolicy: 'all',
  });
  connection().candidate('host');
  vi.advanceTimersByTime(20);
  connection().candidate('srflx');
  expect(await verdict).toMatchObject({ result: 'ok' });
  expect((await verdict).text).toContain('public address in 20 ms');
  expect(connection().close).toHaveBeenCalledOnce();
});

it('accepts a machine without NAT', async () => {
  const verdict = checkStun(servers);
  connection().candidate(null);
  expect((await verdict).text).toContain('Nothing translates');
});

it.each(['error', 'time'])('reports that STUN does not answer, by %s', async (how) => {
  const verdict = checkStun(servers);
  if (how === 'error') {
    connection().error(701);
    connection().candidate(null);
  } else {
    vi.advanceTimersByTime(5_000);
  }
  expect(await verdict).toMatchObject({ result: 'fault' });
  expect((await verdict).text).toContain('stun:s.test does not answer');
});

it('gets an address of the TURN server, with its credentials', async () => {
  const verdict = checkTurn(servers);
  expect(connection().configuration).toMatchObject({
    iceServers: [{ urls: ['turn:t.test'], username: 'u', credential: 'c' }],
    iceTransportPolicy: 'relay',
  });
  connection().candidate('relay');
  expect(await verdict).toMatchObject({ result: 'ok' });
});

it('distinguishes refused credentials from no answer of TURN', async () => {
  const refused = checkTurn(servers);
  connection().error(401);
  connection().candidate(null);
  expect(await refused).toMatchObject({ result: 'fault' });
  made.length = 0;
  const silent = checkTurn(servers);
  vi.advanceTimersByTime(5_000);
  expect(await silent).toMatchObject({ result: 'warning' });
});
