/* Shared set-up of the model's tests: a registered phone on a scripted agent. */
import { Phone, type PhoneOptions } from '../calls/phone';
import type { Line } from '../model/state';
import type { SignalTone, SignalTones } from '../tones/sounds';
import type { AgentFactory } from '../sip/edge';
import { FakeAgent, FakeCall, settled } from './fake-agent';

export interface LineAndCall {
  readonly id: number;
  readonly call: FakeCall;
}

export interface Bench {
  readonly phone: Phone;
  readonly agent: FakeAgent;
  readonly sounds: (SignalTone | 'announced')[];
  /** An active outgoing call to this number. */
  readonly up: (number: string) => Promise<LineAndCall>;
  /** An incoming call that rings. */
  readonly ring: (number: string) => LineAndCall;
  readonly line: (id: number) => Line | undefined;
  /** Each line as `1001 active held`, the open one with a star. */
  readonly shown: () => string[];
}

export function bench(options: Partial<PhoneOptions> = {}): Bench {
  const agents: FakeAgent[] = [];
  const sounds: (SignalTone | 'announced')[] = [];
  const make: AgentFactory = (account, listener) => {
    const made = new FakeAgent(account, listener);
    agents.push(made);
    return made;
  };
  const roomName = (): Promise<string> => Promise.resolve('3047');
  const phone = new Phone(make, recordSounds(sounds), { now: () => 1e6, roomName, ...options });
  phone.register({ extension: '1000', password: 'x', server: 'wss://x', domain: 'x' });
  const [agent] = agents;
  if (agent === undefined) {
    throw new Error('no agent was made');
  }
  agent.listener.registered();
  return {
    phone,
    agent,
    sounds,
    up: async (number) => {
      phone.call(number);
      const call = agent.calls.at(-1);
      if (call === undefined) {
        throw new Error('no call was made');
      }
      call.listener?.answered();
      await settled();
      return { id: phone.state.lines.at(-1)?.id ?? 0, call };
    },
    ring: (number) => {
      const call = agent.ring(new FakeCall('in', { name: '', number }));
      return { id: phone.state.lines.at(-1)?.id ?? 0, call };
    },
    line: (id) => phone.state.lines.find((line) => line.id === id),
    shown: () => phone.state.lines.map((line) => shown(line, phone.state.openLine)),
  };
}

function recordSounds(list: (SignalTone | 'announced')[]): SignalTones {
  return {
    unlock: () => undefined,
    play: (sound) => list.push(sound),
    announce: () => list.push('announced'),
  };
}

function shown({ id, remote, state, hold }: Line, open: number | null): string {
  return `${id === open ? '*' : ''}${remote.number} ${state}${hold === 'no' ? '' : ` ${hold}`}`;
}
