/* The takeover of a call whose dialog is intact and whose audio is faulty, as the last repair step. */
import { beforeEach, expect, it, vi } from 'vitest';
import { bench, type Bench, type LineAndCall } from '../testing/bench-calls';
import { settled, type FakeCall } from '../testing/fake-agent';
import type { QualityMonitorDeps } from '../quality/monitor';

const monitor = vi.hoisted(() => ({ deps: null as QualityMonitorDeps | null }));
vi.mock('../quality/monitor', () => ({
  CallQualityMonitor: class {
    constructor(deps: QualityMonitorDeps) {
      monitor.deps = deps;
    }
    update(): void {
      // No measurement in this test.
    }
    finish(): null {
      return null;
    }
  },
}));

let world: Bench;
let first: LineAndCall;

beforeEach(async () => {
  world = bench();
  await vi.dynamicImportSettled();
  first = await world.up('1001');
  first.call.dialog = { callId: 'id-1001', localTag: 'ours', remoteTag: 'theirs' };
  Object.assign(first.call, {
    connection: { signalingState: 'stable', getStats: () => Promise.resolve(new Map()) },
  });
});

/** As the quality monitor requests it. */
function renew(): Promise<boolean> {
  return monitor.deps?.takeOver(first.id) ?? Promise.reject(new Error('nothing looks after it'));
}

function taking(): FakeCall {
  const call = world.agent.calls.at(-1);
  if (call === undefined || call === first.call) {
    throw new Error('nothing is taken over');
  }
  return call;
}

it('keeps its line, muted as it was', async () => {
  world.phone.setMuted(first.id, true);
  const before = world.line(first.id);
  const done = renew();
  expect(world.agent.numbers.at(-1)).toBe('resume replaces id-1001');
  taking().listener?.answered();
  expect(await done).toBe(true);
  expect(first.call.log).toEqual(['muted on', 'detach']);
  expect(taking().log).toEqual(['muted on']);
  expect(world.line(first.id)).toEqual(before);
});

it('goes on as it was if the takeover fails', async () => {
  const before = world.line(first.id);
  const done = renew();
  taking().listener?.ended({ kind: 'normal' });
  expect(await done).toBe(false);
  await settled();
  expect(world.line(first.id)).toEqual(before);
  expect(first.call.log).toEqual([]);
});

it('is over if it ends during the takeover', async () => {
  const done = renew();
  first.call.listener?.ended({ kind: 'normal' });
  Object.assign(first.call, { connection: { signalingState: 'closed' } });
  taking().listener?.ended({ kind: 'normal' });
  expect(await done).toBe(false);
  await settled();
  expect(world.phone.state.lines).toEqual([]);
});

it('is rescued if the connection breaks during the takeover', async () => {
  const done = renew();
  const { listener } = world.agent;
  listener.connected(false);
  taking().listener?.ended({ kind: 'normal' });
  expect(await done).toBe(false);
  expect(world.line(first.id)?.rescue).toBe('reconnecting');
  listener.connected(true);
  listener.registered();
  taking().listener?.answered();
  expect(world.line(first.id)?.rescue).toBe('none');
});

it('is not taken over while it is being rescued, nor before the answer', async () => {
  world.agent.listener.connected(false);
  expect(await renew()).toBe(false);
  world.phone.call('1002');
  const ringing = world.phone.state.lines.at(-1)?.id ?? 0;
  expect(await monitor.deps?.takeOver(ringing)).toBe(false);
});

it('is taken over after a new registration by a new connection', () => {
  monitor.deps?.registerAgain();
  expect(world.agent.numbers.at(-1)).toBe('renew');
});
