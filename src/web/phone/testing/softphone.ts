import { Softphone } from '../app/softphone';
import type { PhoneConfig } from '../model/config';
import { FakeAgent } from './fake-agent';

type Parts = ConstructorParameters<typeof Softphone>[1];

/** A silent phone on scripted agents; each that it makes is appended to `agents`. */
export function softphoneOf(
  config: PhoneConfig,
  agents: FakeAgent[],
  parts: Partial<Parts> = {},
): Softphone {
  return new Softphone(config, {
    agents: () => (given, listener) => {
      const agent = new FakeAgent(given, listener);
      agents.push(agent);
      return agent;
    },
    sounds: { unlock: () => undefined, play: () => undefined, announce: () => undefined },
    autoAnswer: () => false,
    locks: undefined,
    ...parts,
  });
}
