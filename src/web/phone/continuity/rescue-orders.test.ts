/* Every order of a broken connection, a hang-up of either side, hold and transfer, up to a depth.
   The conditions that hold in all of them are listed once, below. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { failed, type Outcome } from '../model/call';
import { cause } from '../model/causes';
import { bench, type Bench } from '../testing/bench-calls';
import { settled, type FakeCall } from '../testing/fake-agent';
import { loaded } from '../testing/fake-switch';
import { orders } from '../testing/orders';

/** A call, and the far sides of all calls that were made for it. */
interface World extends Bench {
  readonly id: number;
  readonly over: Set<FakeCall>;
}
type Step = (world: World) => Promise<void> | void;

/** The current far side; that of a takeover comes after it until the takeover is answered. */
const newest = ({ agent, over }: World): FakeCall | undefined =>
  agent.calls.filter((call) => !isOver(call, over)).at(-1);

const takeover = (world: World): FakeCall | undefined =>
  world.line(world.id)?.rescue === 'recovering' ? newest(world) : undefined;

const end = (world: World, call: FakeCall | undefined, how: Outcome = { kind: 'normal' }): void => {
  if (call !== undefined) {
    world.over.add(call);
    call.listener?.ended(how);
  }
};

const reply = async (world: World, yes: boolean): Promise<void> => {
  const asked = world.agent.calls.find((call) => call.hasOpenRequest);
  await asked?.reply(yes);
};

const steps: Readonly<Record<string, Step>> = {
  cut: ({ agent }) => {
    agent.listener.connected(false);
    agent.listener.registering();
  },
  back: ({ agent }) => {
    agent.listener.connected(true);
    agent.listener.registered();
  },
  'taken over': (world) => {
    const call = takeover(world);
    if (call !== undefined) {
      call.dialog = { callId: `id-${world.agent.calls.length}`, localTag: 'o', remoteTag: 't' };
      call.listener?.answered();
    }
  },
  'nothing to take over': (world) => {
    end(world, takeover(world), failed(cause('not-found')));
  },
  'takeover fails': (world) => {
    end(world, takeover(world), failed(cause('server-error')));
  },
  hold: ({ phone, id }) => {
    phone.hold(id);
  },
  resume: ({ phone, id }) => {
    phone.resume(id);
  },
  transfer: ({ phone, id }) => {
    phone.transfer(id, '1003');
  },
  agreed: (world) => reply(world, true),
  refused: (world) => reply(world, false),
  'we hang up': ({ phone, id }) => {
    phone.hangUp(id);
  },
  'they hang up': (world) => {
    end(world, newest(world));
  },
};

function isOver(call: FakeCall, over: ReadonlySet<FakeCall>): boolean {
  return over.has(call) || call.log.includes('hang up') || call.log.includes('discard');
}

async function begin(): Promise<World> {
  // The calls of the previous phone.
  vi.clearAllTimers();
  const world = bench();
  world.agent.listener.connected(true);
  world.agent.prompt = false;
  await loaded();
  const { id, call } = await world.up('1001');
  call.dialog = { callId: 'id-1', localTag: 'o', remoteTag: 't' };
  return { ...world, id, over: new Set() };
}

const asks = (call: FakeCall): number =>
  call.log.filter((what) => /^(hold|resume|transfer)/.test(what)).length;

/** No request is sent in a dialog while its connection may be broken. */
async function take(world: World, name: string, sequence: string): Promise<void> {
  const before = new Map(world.agent.calls.map((call) => [call, asks(call)]));
  const isBroken = world.line(world.id)?.rescue !== 'none';
  await steps[name]?.(world);
  await settled();
  if (isBroken && world.line(world.id)?.rescue !== 'none') {
    for (const [call, count] of before) {
      expect(asks(call), sequence).toBe(count);
    }
  }
}

/** The connection is restored, all requests are accepted, and both sides have hung up: no call is
    left. */
async function expectEnd(world: World, sequence: string): Promise<void> {
  await steps['back']?.(world);
  for (let turn = 0; turn < 6; turn += 1) {
    await steps['taken over']?.(world);
    await reply(world, true);
    await vi.advanceTimersByTimeAsync(700);
  }
  const line = world.line(world.id);
  expect([undefined, 'none'], sequence).toContain(line?.rescue);
  expect([undefined, 'no', 'held'], sequence).toContain(line?.hold);
  world.phone.hangUp(world.id);
  // Rescues without a line end too.
  await vi.advanceTimersByTimeAsync(20_000);
  expect(world.phone.state.lines, sequence).toEqual([]);
  const alone = world.agent.calls.filter((call) => !isOver(call, world.over));
  expect(alone, sequence).toEqual([]);
}

const DEPTH = 4;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

it(`leaves no call behind in every order of ${DEPTH} events`, { timeout: 240_000 }, async () => {
  for (const order of orders(Object.keys(steps), DEPTH)) {
    const world = await begin();
    const sequence = order.join(', ');
    for (const name of order) {
      await take(world, name, sequence);
    }
    await expectEnd(world, sequence);
  }
});
