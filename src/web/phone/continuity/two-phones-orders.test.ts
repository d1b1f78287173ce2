/* Every order of broken connections and reloads of the two phones of a call, up to a depth: both
   sides hear each other in the end, and the end of the call arrives. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FakeSwitch, loaded, type Side } from '../testing/fake-switch';
import { orders } from '../testing/orders';

type Step = (world: FakeSwitch) => void;

const steps: Readonly<Record<string, Step>> = {
  'both are cut': ({ caller, callee }) => {
    caller.cut();
    callee.cut();
  },
  'the caller is cut': ({ caller }) => {
    caller.cut();
  },
  'the callee is cut': ({ callee }) => {
    callee.cut();
  },
  'the caller is back': ({ caller }) => {
    caller.back();
  },
  'the callee is back': ({ callee }) => {
    callee.back();
  },
  'the caller loads its page again': ({ caller }) => {
    caller.reload();
  },
  'the callee loads its page again': ({ callee }) => {
    callee.reload();
  },
  'the switch acts': (world) => {
    world.act();
  },
  'time passes': () => {
    vi.advanceTimersByTime(500);
  },
};

const isIn = ({ phone }: Side): boolean => {
  const [line, ...others] = phone.state.lines;
  return others.length === 0 && line?.state === 'active' && line.rescue === 'none';
};

/** Both phones are connected again, and all pending work is done. */
async function calmDown(world: FakeSwitch): Promise<void> {
  world.caller.back();
  world.callee.back();
  // Longer than any timeout.
  for (let quiet = 0; quiet < 6;) {
    await loaded();
    quiet = world.act() ? 0 : quiet + 1;
    await vi.advanceTimersByTimeAsync(500);
  }
}

const DEPTH = 3;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const beginnings: readonly (readonly string[])[] = [
  [],
  ['both are cut'],
  ['both are cut', 'the caller is back', 'the callee is back'],
  ['the caller loads its page again', 'the callee loads its page again'],
];

it.each(beginnings.map((beginning) => ({ beginning })))(
  `restores the call in every order of ${DEPTH} events after $beginning`,
  { timeout: 240_000 },
  async ({ beginning }) => {
    let turn = 0;
    for (const last of orders(Object.keys(steps), DEPTH)) {
      const order = [...beginning, ...last];
      const sequence = order.join(', ');
      // Pages that were left would continue to measure.
      vi.clearAllTimers();
      const world = new FakeSwitch();
      await world.connect();
      for (const name of order) {
        steps[name]?.(world);
        await loaded();
        world.listen();
      }
      await calmDown(world);

      expect([isIn(world.caller), isIn(world.callee)], sequence).toEqual([true, true]);
      expect(new Set(world.legs.map(({ side }) => side)).size, sequence).toBe(2);
      expect(world.legs, sequence).toHaveLength(2);
      expect(world.legs[0]?.partner, sequence).toBe(world.legs[1]);

      turn += 1;
      const { phone } = turn % 2 === 0 ? world.caller : world.callee;
      phone.hangUp(phone.state.lines[0]?.id ?? 0);
      await calmDown(world);
      expect(world.caller.phone.state.lines, sequence).toEqual([]);
      expect(world.callee.phone.state.lines, sequence).toEqual([]);
      expect(world.legs, sequence).toEqual([]);
    }
  },
);
