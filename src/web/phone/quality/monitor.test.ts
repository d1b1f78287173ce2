import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FakeAgent } from '../testing/fake-agent';
import { Phone } from '../calls/phone';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

/** A connection that receives 50 packets a second. */
function connection(): RTCPeerConnection {
  let second = 0;
  const getStats = (): Promise<Map<string, unknown>> => {
    second += 1;
    const inbound = {
      type: 'inbound-rtp',
      kind: 'audio',
      timestamp: second * 1000,
      packetsReceived: second * 50,
      bytesReceived: second * 8000,
    };
    return Promise.resolve(new Map([['I', inbound]]));
  };
  const getSenders = (): never[] => [];
  return { getStats, getSenders, connectionState: 'connected' } as unknown as RTCPeerConnection;
}

it('shows the quality of a call each second, and its summary when it has ended', async () => {
  const agents: FakeAgent[] = [];
  const phone = new Phone(
    (account, listener) => {
      const agent = new FakeAgent(account, listener);
      agents.push(agent);
      return agent;
    },
    { unlock: vi.fn(), play: vi.fn(), announce: vi.fn() },
  );
  phone.register({ extension: '1000', password: 'x', server: 'wss://x', domain: 'x' });
  agents[0]?.listener.registered();
  await vi.dynamicImportSettled();
  phone.call('1001');
  const call = agents[0]?.calls[0];
  Object.assign(call ?? {}, { connection: connection() });
  await vi.advanceTimersByTimeAsync(3000);
  expect(phone.state.lines[0]?.quality).toEqual([]);

  call?.listener?.answered();
  await vi.advanceTimersByTimeAsync(70_000);
  expect(phone.state.lines[0]?.quality).toHaveLength(60);
  expect(phone.state.lines[0]?.quality.at(-1)).toMatchObject({ loss: 0, bitrate: 64_000 });

  phone.hold(1);
  await vi.advanceTimersByTimeAsync(0);
  const before = phone.state.lines[0]?.quality;
  await vi.advanceTimersByTimeAsync(5000);
  expect(phone.state.lines[0]?.quality).toBe(before);

  phone.hangUp(1);
  expect(phone.state.lastEnded?.quality?.bitrate).toBeCloseTo(64_000);
  expect(vi.getTimerCount()).toBe(0);
});
