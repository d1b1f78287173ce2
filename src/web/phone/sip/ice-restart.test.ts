/* ICE restarts of a call that has lasted longer than its TURN credentials. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { SipCall } from '../sip/edge';
import type { FakeSession } from '../testing/fake-jssip';
import { callListener, last, partsLoaded, registered, setUp, tearDown } from '../testing/sip-bench';

vi.mock('jssip', () => import('../testing/fake-jssip'));

const OLD = { urls: 'turn:turn.test', username: '1', credential: 'old' };
const NEW = { urls: 'turn:turn.test', username: '2', credential: 'new' };

let servers: RTCIceServer[];
let order: string[];

beforeEach(() => {
  setUp();
  servers = [OLD];
  order = [];
});
afterEach(tearDown);

interface Changeable {
  getConfiguration(): RTCConfiguration;
  setConfiguration: ((configuration: RTCConfiguration) => void) | undefined;
}

async function dial(
  changes: Partial<Changeable> = {},
): Promise<{ call: SipCall; session: FakeSession }> {
  const { agent, ua } = registered(servers);
  const call = agent.call('1001', callListener);
  await vi.advanceTimersByTimeAsync(0);
  await partsLoaded();
  const session = last(ua.sessions);
  const connection: Changeable = {
    getConfiguration: () => ({ bundlePolicy: 'max-bundle', iceServers: [OLD] }),
    setConfiguration: (configuration) => order.push(JSON.stringify(configuration)),
    ...changes,
  };
  Object.assign(session.connection, connection);
  Object.assign(session, {
    C: { STATUS_CONFIRMED: 9 },
    status: 9,
    isOnHold: () => ({ local: false, remote: false }),
    isReadyToReOffer: () => true,
    renegotiate: (options: object, done: () => void) => {
      order.push(JSON.stringify(options));
      done();
      return true;
    },
  });
  return { call, session };
}

const OFFER = '{"rtcOfferConstraints":{"iceRestart":true}}';

it('allocates with the credentials of now, not those of the beginning of the call', async () => {
  const { call } = await dial();
  servers.splice(0, 1, NEW);
  expect(await call.restartIce()).toBe(true);
  expect(order).toEqual([JSON.stringify({ bundlePolicy: 'max-bundle', iceServers: [NEW] }), OFFER]);
});

it('leaves the servers alone while no re-INVITE can be sent', async () => {
  const { call, session } = await dial();
  Object.assign(session, { isReadyToReOffer: () => false });
  const restarted = call.restartIce();
  await vi.advanceTimersByTimeAsync(20_000);
  expect(await restarted).toBe(false);
  expect(order).toEqual([]);
});

it('is sent also by a browser that cannot change the servers', async () => {
  const { call } = await dial({ setConfiguration: undefined });
  expect(await call.restartIce()).toBe(true);
  expect(order).toEqual([OFFER]);
});
