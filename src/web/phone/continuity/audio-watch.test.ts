/* The messages about a call while its connection to the server is lost. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { failed } from '../model/call';
import { cause } from '../model/causes';
import { bench, type Bench, type LineAndCall } from '../testing/bench-calls';
import { settled } from '../testing/fake-agent';

// Other measurements would need a more complete connection.
vi.mock('../quality/monitor', () => ({
  CallQualityMonitor: class {
    update(): void {
      // No measurement in this test.
    }
    finish(): null {
      return null;
    }
  },
}));

let world: Bench;
let up: LineAndCall;
let packets = 0;
/** Packets that arrive between two readings of the statistics. */
let arriving = 0;

beforeEach(async () => {
  vi.useFakeTimers();
  packets = 0;
  arriving = 50;
  world = bench({ now: Date.now });
  await vi.dynamicImportSettled();
  up = await world.up('1001');
  up.call.dialog = { callId: 'id-1001', localTag: 'ours', remoteTag: 'theirs' };
  const getStats = (): Promise<unknown> => {
    packets += arriving;
    return Promise.resolve(new Map([['in', { type: 'inbound-rtp', packetsReceived: packets }]]));
  };
  Object.assign(up.call, { connection: { getStats, signalingState: 'stable' } });
});
afterEach(() => {
  vi.useRealTimers();
});

function cut(): void {
  world.agent.listener.connected(false);
  world.agent.listener.registering();
}

async function backAndGone(): Promise<void> {
  world.agent.listener.connected(true);
  world.agent.listener.registered();
  await vi.advanceTimersByTimeAsync(1_500);
  world.agent.calls.at(-1)?.listener?.ended(failed(cause('unavailable')));
  arriving = 0;
  await vi.advanceTimersByTimeAsync(2_000);
}

it('has an unknown audio state first, then the measured one', async () => {
  cut();
  expect(world.line(up.id)?.heard).toBeNull();
  await vi.advanceTimersByTimeAsync(1_000);
  expect(world.line(up.id)?.heard).toBe(true);
  arriving = 0;
  await vi.advanceTimersByTimeAsync(2_000);
  expect(world.line(up.id)?.heard).toBe(false);
});

it('was lost by the server if the audio stopped with the connection', async () => {
  arriving = 0;
  cut();
  await vi.advanceTimersByTimeAsync(5_000);
  await backAndGone();
  expect(world.phone.state.lastEnded).toMatchObject({
    outcome: failed(cause('server-lost-call')),
    seconds: 7,
  });
});

it('has ended for an unknown reason if the audio continued after the loss of the connection', async () => {
  cut();
  await vi.advanceTimersByTimeAsync(1_000);
  arriving = 0;
  await vi.advanceTimersByTimeAsync(3_000);
  await backAndGone();
  expect(world.phone.state.lastEnded?.outcome).toEqual({ kind: 'gone' });
});

it('ends after a minute without audio and without an answer of the server', async () => {
  arriving = 0;
  cut();
  await vi.advanceTimersByTimeAsync(59_000);
  expect(world.phone.state.lines).toHaveLength(1);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(world.phone.state.lines).toEqual([]);
  expect(world.phone.state.lastEnded?.outcome).toEqual(failed(cause('server-lost-call')));
  expect(up.call.log).toEqual(['detach', 'hang up']);
});

it('is hung up if the person has ended it, though audio arrives and it cannot be taken over', async () => {
  cut();
  await vi.advanceTimersByTimeAsync(1_000);
  world.agent.listener.connected(true);
  world.agent.listener.registered();
  await vi.advanceTimersByTimeAsync(1_500);
  world.phone.hangUp(up.id);
  world.agent.calls.at(-1)?.listener?.ended(failed(cause('unavailable')));
  await vi.advanceTimersByTimeAsync(2_000);
  expect(up.call.log).toEqual(['close media', 'detach', 'hang up']);
});

it('does not end while it is held, when no audio is expected', async () => {
  up.call.isHeldByOther = true;
  arriving = 0;
  cut();
  await vi.advanceTimersByTimeAsync(120_000);
  expect(world.line(up.id)?.heard).toBeNull();
});

it('is taken over later by the called side while both hear each other', async () => {
  const call = world.agent.ring();
  world.phone.answer(world.phone.state.lines.at(-1)?.id ?? 0);
  call.dialog = { callId: 'in', localTag: 'ours', remoteTag: 'theirs' };
  Object.assign(call, { connection: up.call.connection });
  call.listener?.answered();
  cut();
  await vi.advanceTimersByTimeAsync(1_000);
  world.agent.listener.connected(true);
  world.agent.listener.registered();
  const asked = (): boolean => world.agent.numbers.includes('resume replaces in');
  await vi.advanceTimersByTimeAsync(2_900);
  expect(asked()).toBe(false);
  await vi.advanceTimersByTimeAsync(200);
  expect(asked()).toBe(true);
});

it('goes on as it was if it cannot be taken over and audio still arrives', async () => {
  cut();
  await vi.advanceTimersByTimeAsync(1_000);
  world.agent.listener.connected(true);
  world.agent.listener.registered();
  await vi.advanceTimersByTimeAsync(1_500);
  world.agent.calls.at(-1)?.listener?.ended(failed(cause('unavailable')));
  await vi.advanceTimersByTimeAsync(2_000);
  await settled();
  expect(world.line(up.id)).toMatchObject({ rescue: 'none' });
  expect(up.call.log).toEqual([]);
});
