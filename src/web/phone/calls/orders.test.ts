/* Every order of events that a phone with two calls can meet, up to a depth. The conditions that
   hold in all of them are listed once, below. */
import { expect, it } from 'vitest';
import { failed } from '../model/call';
import { cause } from '../model/causes';
import { bench, type Bench, type LineAndCall } from '../testing/bench-calls';
import { settled } from '../testing/fake-agent';
import { orders } from '../testing/orders';

type Step = (world: World) => Promise<void> | void;
interface World extends Bench {
  readonly first: LineAndCall;
  readonly second: LineAndCall;
}

const answerRequest = (which: 'first' | 'second', yes: boolean): Step => {
  return async (world) => {
    if (world[which].call.hasOpenRequest) {
      await world[which].call.reply(yes);
    }
  };
};

const steps: Readonly<Record<string, Step>> = {
  'hold first': ({ phone, first }) => {
    phone.hold(first.id);
  },
  'swap to first': ({ phone, first }) => {
    phone.swapTo(first.id);
  },
  'answer second': ({ phone, second }) => {
    phone.answer(second.id);
  },
  'answer second, end first': ({ phone, second }) => {
    phone.answer(second.id, 'end');
  },
  'second is up': ({ second, line }) => {
    if (line(second.id)?.state === 'answering') {
      second.call.listener?.answered();
    }
  },
  'first agrees': answerRequest('first', true),
  'first refuses': answerRequest('first', false),
  'second agrees': answerRequest('second', true),
  'first hangs up': ({ first }) => {
    first.call.listener?.ended({ kind: 'normal' });
  },
  'second is cancelled': ({ second }) => {
    second.call.listener?.ended({ kind: 'missed' });
  },
  'transfer first': ({ phone, first }) => {
    phone.transfer(first.id, '1003');
  },
  'connect them': ({ phone, first, second }) => {
    phone.completeTransfer(first.id, second.id);
  },
  'cancel the transfer': ({ phone, first }) => {
    phone.cancelTransfer(first.id);
  },
  merge: ({ phone }) => {
    phone.merge();
  },
};

async function begin(): Promise<World> {
  const world = bench();
  world.agent.prompt = false;
  const first = await world.up('1001');
  const second = world.ring('1002');
  return { ...world, first, second };
}

/** The other side agrees to all open requests, and all promises settle. */
async function rest(world: World): Promise<void> {
  for (let turn = 0; turn < 20; turn += 1) {
    for (const call of world.agent.calls) {
      if (call.hasOpenRequest) {
        await call.reply(true);
      }
    }
    await settled();
  }
}

function expectWhole({ phone, first, second }: World, sequence: string): void {
  const { lines, openLine } = phone.state;
  // There is an open line whenever there are lines.
  expect(
    lines.length === 0 ? openLine === null : lines.some(({ id }) => id === openLine),
    sequence,
  ).toBe(true);
  // Commands reach the call of each active line and no other call, and no call is answered twice.
  for (const { id, call } of [first, second]) {
    const line = lines.find((one) => one.id === id);
    const before = call.log.length;
    phone.setMuted(id, line?.muted ?? false);
    expect(call.log.length > before, sequence).toBe(line?.state === 'active');
    expect(call.log.filter((what) => what === 'answer').length, sequence).toBeLessThan(2);
  }
}

function expectRest(world: World, sequence: string): void {
  const { lines } = world.phone.state;
  // All requests were accepted in the end: no line is left in an intermediate state.
  expect(
    lines.filter(({ hold }) => hold === 'holding' || hold === 'resuming'),
    sequence,
  ).toEqual([]);
}

const DEPTH = 3;

it(
  `keeps its lines consistent in every order of ${DEPTH} events`,
  { timeout: 120_000 },
  async () => {
    for (const order of orders(Object.keys(steps), DEPTH)) {
      const world = await begin();
      const sequence = order.join(', ');
      for (const name of order) {
        await steps[name]?.(world);
        await settled();
        expectWhole(world, sequence);
      }
      await rest(world);
      expectRest(world, sequence);
      world.first.call.listener?.ended(failed(cause('audio-lost')));
      world.second.call.listener?.ended({ kind: 'normal' });
      await settled();
      const left = world.phone.state.lines.map(({ remote }) => remote.number);
      expect(
        left.filter((number) => number !== '3047'),
        sequence,
      ).toEqual([]);
    }
  },
);
