import { expect, it, vi } from 'vitest';
import type { SipCall } from '../sip/edge';
import { FakeCall } from '../testing/fake-agent';
import type { Fault } from './fault-detector';
import { repairDelayMs, repairStepsFor } from './repair-steps';

const ATTACH = 'Attaching the microphone again';
const TAKE = 'Taking the microphone again';
const RESTART = 'Looking for another way (ICE restart)';
const NEGOTIATE = 'Negotiating again (re-INVITE)';
const TAKE_OVER = 'Setting the call up again (Replaces)';
const REGISTER = 'Registering again';

function deps(call: SipCall | undefined): Parameters<typeof repairStepsFor>[1] {
  return {
    call: () => call,
    takeOver: () => Promise.resolve(true),
    registerAgain: () => false,
  };
}

async function run(fault: Fault, name: string, call?: SipCall): Promise<unknown> {
  const remedy = repairStepsFor(fault, deps(call)).find((one) => one.name === name);
  return remedy?.run();
}

it.each<[Fault, readonly string[]]>([
  ['not-played', ['Playing the sound again']],
  ['microphone-ended', [ATTACH, TAKE]],
  ['microphone-muted', [ATTACH, TAKE]],
  ['microphone-silent', [ATTACH, TAKE]],
  ['nothing-sent', [ATTACH, TAKE, RESTART, NEGOTIATE, TAKE_OVER, REGISTER]],
  ['never-received', [RESTART, NEGOTIATE, TAKE_OVER, REGISTER]],
  ['nothing-received', [RESTART, NEGOTIATE]],
  ['undecodable', [NEGOTIATE, TAKE_OVER]],
  ['no-way', [RESTART, TAKE_OVER, REGISTER]],
  ['way-broken', []],
  ['silence-received', []],
  ['quality-falling', []],
])('for %s the least disruptive step comes first', (fault, names) => {
  expect(repairStepsFor(fault, deps(undefined)).map(({ name }) => name)).toEqual(names);
});

it('waits for ICE to find a path by itself first', () => {
  expect(repairDelayMs('no-way')).toBeGreaterThan(0);
  expect(repairDelayMs('nothing-sent')).toBe(0);
});

it('each step acts on the current call of the line', async () => {
  const call = new FakeCall('out');
  expect(await run('nothing-sent', ATTACH, call)).toBe(true);
  expect(await run('nothing-sent', TAKE, call)).toBe(true);
  expect(await run('nothing-sent', RESTART, call)).toBe(true);
  expect(await run('nothing-sent', NEGOTIATE, call)).toBe(true);
  expect(call.log).toEqual([
    'attach the microphone',
    'open the microphone',
    'restart ICE',
    're-INVITE',
  ]);
  expect(await run('nothing-sent', TAKE_OVER, call)).toBe(true);
  // As while other calls are up.
  expect(await run('nothing-sent', REGISTER, call)).toBe(false);
});

it('plays the audio again, if there is any', async () => {
  const play = vi.fn(() => Promise.resolve());
  const call = Object.assign(new FakeCall('out'), { player: { play } as unknown as null });
  expect(await run('not-played', 'Playing the sound again', call)).toBe(true);
  expect(play).toHaveBeenCalledOnce();
  expect(await run('not-played', 'Playing the sound again', new FakeCall('out'))).toBe(false);
});

it('reports why the microphone cannot be opened', async () => {
  const call = new FakeCall('out');
  call.renewMicrophone = () => Promise.reject(new DOMException('', 'NotAllowedError'));
  expect(await run('microphone-ended', TAKE, call)).toMatchObject({ code: 'microphone-denied' });
});

it('does nothing with a call that is over', async () => {
  expect(await run('nothing-sent', RESTART)).toBe(false);
});
