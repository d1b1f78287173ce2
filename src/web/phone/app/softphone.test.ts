import { expect, it } from 'vitest';
import { Softphone } from './softphone';
import { phoneConfig } from '../testing/config';
import { FakeAgent, FakeCall } from '../testing/fake-agent';

const account = { extension: '1000', password: 'secret', server: 'wss://x', domain: 'pbx.test' };

it.each([
  [true, true, ['answer']],
  [true, false, []],
  [false, true, []],
])('answers an intercom if both allow it: administrator %s, person %s', (first, second, log) => {
  const agents: FakeAgent[] = [];
  const { local } = new Softphone(
    { ...phoneConfig, autoAnswer: first },
    {
      agents: () => (given, listener) => {
        const agent = new FakeAgent(given, listener);
        agents.push(agent);
        return agent;
      },
      sounds: { unlock: () => undefined, play: () => undefined, announce: () => undefined },
      autoAnswer: () => second,
      locks: undefined,
    },
  );
  local.register(account);
  const call = new FakeCall('in');
  call.isIntercom = true;
  agents[0]?.ring(call);
  expect(call.log).toEqual(log);
});
