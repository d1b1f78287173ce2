import { expect, it } from 'vitest';
import { phoneConfig } from '../testing/config';
import { FakeAgent, FakeCall } from '../testing/fake-agent';
import { softphoneOf } from '../testing/softphone';

const account = { extension: '1000', password: 'secret', server: 'wss://x', domain: 'pbx.test' };

it.each([
  [true, true, ['answer']],
  [true, false, []],
  [false, true, []],
])('answers an intercom if both allow it: administrator %s, person %s', (first, second, log) => {
  const agents: FakeAgent[] = [];
  const { local } = softphoneOf({ ...phoneConfig, autoAnswer: first }, agents, {
    autoAnswer: () => second,
  });
  local.register(account);
  const call = new FakeCall('in');
  call.isIntercom = true;
  agents[0]?.ring(call);
  expect(call.log).toEqual(log);
});
