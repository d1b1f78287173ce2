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
async function go(repair: AutoRepair, seconds: number, faults: Fault[], may = true): Promise<void> {
  for (let second = 0; second < seconds; second += 1) {
    now += 1000;
    repair.tick(faults, true, may);
    await settled();
  }
}

const shown = (repair: AutoRepair): string[] =>
  repair.findings.map(
    ({ state, steps }) =>
      `${state}: ${steps.map(({ name, result }) => `${name} ${result}`).join(', ')}`,
  );

it('tries one repair step after the other, and reports which one helped', async () => {
  const repair = autoRepair();
  await go(repair, 1, ['nothing-sent']);
  expect(shown(repair)).toEqual(['mending: attach trying']);
  await go(repair, 3, ['nothing-sent']);
  expect(shown(repair)).toEqual(['mending: attach vain, take trying']);
  await go(repair, 1, []);
  expect(shown(repair)).toEqual(['mended: attach vain, take helped']);
  expect(repair.findings[0]?.remedy).toBe('What helped: take.');
  await go(repair, 6, []);
  expect(shown(repair)).toEqual(['over: attach vain, take helped']);
});

it('says what to do when no step has helped, and stops trying', async () => {
  const repair = autoRepair();
  await go(repair, 60, ['nothing-sent']);
  expect(log).toEqual(['attach', 'take', 'restart']);
  expect(shown(repair)).toEqual(['open: attach vain, take vain, restart vain']);
});

it('repairs the same fault at most twice', async () => {
  const repair = autoRepair();
  for (let round = 0; round < 5; round += 1) {
    await go(repair, 60, ['nothing-sent']);
    await go(repair, 10, []);
  }
  expect(log).toHaveLength(6);
});

it('tries nothing while repairs are not allowed, nor before the delay is over', async () => {
  const repair = autoRepair(5_000);
  await go(repair, 5, ['nothing-sent']);
  await go(repair, 20, ['nothing-sent'], false);
  expect(log).toEqual([]);
  await go(repair, 1, ['nothing-sent']);
  expect(log).toEqual(['attach']);
});

it('continues at once after a step that could not be done, and reports the reason', async () => {
  answers = { attach: false, take: cause('microphone-denied'), restart: false };
  const repair = autoRepair();
  await go(repair, 4, ['nothing-sent']);
  expect(shown(repair)).toEqual(['open: attach vain, take vain, restart vain']);
  expect(repair.findings[0]?.remedy).toMatch(/^Microphone blocked\. Allow the microphone/);
});

it('stops showing a fault while the call is held', async () => {
  const repair = autoRepair();
  await go(repair, 1, ['nothing-sent']);
  repair.pause();
  await go(repair, 10, []);
  expect(log).toEqual(['attach']);
  expect(repair.findings[0]?.state).toBe('over');
});

it('only reports a fault without repair steps', async () => {
  const repair = autoRepair();
  await go(repair, 3, ['silence-received']);
  expect(repair.findings[0]).toMatchObject({ state: 'open', steps: [] });
});

it('lists the findings of another page for the same call first', async () => {
  const earlier = autoRepair();
  await go(earlier, 1, ['nothing-sent']);
  const repair = new AutoRepair(
    { now: () => now, delayMs: () => 0, repairSteps: () => [] },
    earlier.findings,
  );
  await go(repair, 1, ['nothing-received']);
  expect(repair.findings.map(({ code, state }) => `${code} ${state}`)).toEqual([
    'nothing-sent over',
    'nothing-received open',
  ]);
});
