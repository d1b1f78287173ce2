import { beforeEach, expect, it } from 'vitest';
import { cause, type Cause } from '../model/causes';
import { settled } from '../testing/fake-agent';
import type { Fault } from './fault-detector';
import { AutoRepair, type RepairStep } from './auto-repair';

let now: number;
let log: string[];
let answers: Record<string, boolean | Cause>;

beforeEach(() => {
  now = 0;
  log = [];
  answers = {};
});

const remedy = (name: string): RepairStep => ({
  name,
  effectMs: 3_000,
  run: () => {
    log.push(name);
    return Promise.resolve(answers[name] ?? true);
  },
});

function autoRepair(delay = 0): AutoRepair {
  return new AutoRepair({
    now: () => now,
    delayMs: () => delay,
    repairSteps: (fault) =>
      fault === 'silence-received' ? [] : [remedy('attach'), remedy('take'), remedy('restart')],
  });
}

/** Lets so many seconds pass with these faults. */
async function go(made: AutoRepair, seconds: number, faults: Fault[], may = true): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    now += 1000;
    made.tick(faults, true, may);
    await settled();
  }
}

const shown = (made: AutoRepair): string[] =>
  made.findings.map(
    ({ state, steps }) =>
      `${state}: ${steps.map(({ name, result }) => `${name} ${result}`).join(', ')}`,
  );

it('tries one repair step after the other, and reports which one helped', async () => {
  const made = autoRepair();
  await go(made, 1, ['nothing-sent']);
  expect(shown(made)).toEqual(['mending: attach trying']);
  await go(made, 3, ['nothing-sent']);
  expect(shown(made)).toEqual(['mending: attach vain, take trying']);
  await go(made, 1, []);
  expect(shown(made)).toEqual(['mended: attach vain, take helped']);
  expect(made.findings[0]?.remedy).toBe('What helped: take.');
  await go(made, 6, []);
  expect(shown(made)).toEqual(['over: attach vain, take helped']);
});

it('says what to do when no step has helped, and stops trying', async () => {
  const made = autoRepair();
  await go(made, 60, ['nothing-sent']);
  expect(log).toEqual(['attach', 'take', 'restart']);
  expect(shown(made)).toEqual(['open: attach vain, take vain, restart vain']);
});

it('repairs the same fault at most twice', async () => {
  const made = autoRepair();
  for (let round = 0; round < 5; round += 1) {
    await go(made, 60, ['nothing-sent']);
    await go(made, 10, []);
  }
  expect(log).toHaveLength(6);
});

it('tries nothing while repairs are not allowed, nor before the delay is over', async () => {
  const made = autoRepair(5_000);
  await go(made, 5, ['nothing-sent']);
  await go(made, 20, ['nothing-sent'], false);
  expect(log).toEqual([]);
  await go(made, 1, ['nothing-sent']);
  expect(log).toEqual(['attach']);
});

it('continues at once after a step that could not be done, and reports the reason', async () => {
  answers = { attach: false, take: cause('microphone-denied'), restart: false };
  const made = autoRepair();
  await go(made, 4, ['nothing-sent']);
  expect(shown(made)).toEqual(['open: attach vain, take vain, restart vain']);
  expect(made.findings[0]?.remedy).toMatch(/^Microphone blocked\. Allow the microphone/);
});

it('stops showing a fault while the call is held', async () => {
  const made = autoRepair();
  await go(made, 1, ['nothing-sent']);
  made.pause();
  await go(made, 10, []);
  expect(log).toEqual(['attach']);
  expect(made.findings[0]?.state).toBe('over');
});

it('only reports a fault without repair steps', async () => {
  const made = autoRepair();
  await go(made, 3, ['silence-received']);
  expect(made.findings[0]).toMatchObject({ state: 'open', steps: [] });
});

it('lists the findings of another page for the same call first', async () => {
  const earlier = autoRepair();
  await go(earlier, 1, ['nothing-sent']);
  const made = new AutoRepair(
    { now: () => now, delayMs: () => 0, repairSteps: () => [] },
    earlier.findings,
  );
  await go(made, 1, ['nothing-received']);
  expect(made.findings.map(({ code, state }) => `${code} ${state}`)).toEqual([
    'nothing-sent over',
    'nothing-received open',
  ]);
});
