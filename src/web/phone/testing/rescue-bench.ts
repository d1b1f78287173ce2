/* Shared set-up of the tests of broken connections: a phone that is registered by a scripted agent. */
import { vi } from 'vitest';
import { Phone } from '../calls/phone';
import type { KnownCall } from '../continuity/rescue';
import type { Line } from '../model/state';
import { FakeAgent, type FakeCall } from './fake-agent';

const account = {
  extension: '1000',
  password: 'secret',
  server: 'wss://x',
  domain: 'pbx.test',
} as const;

/** Before each test. */
export async function setUp(): Promise<void> {
  vi.useFakeTimers();
  await opened();
}

/** After each test. */
export function tearDown(): void {
  vi.useRealTimers();
}

export let agent: FakeAgent;
export let phone: Phone;

/** A phone with this recovery number, and with the calls that another page has left. */
export async function opened(
  recoveryUser = 'resume',
  left: readonly KnownCall[] = [],
): Promise<void> {
  phone = new Phone(
    (given, listener) => (agent = new FakeAgent(given, listener)),
    { unlock: () => undefined, play: () => undefined, announce: () => undefined },
    { recoveryUser, now: Date.now, callsToAdopt: () => Promise.resolve(left) },
  );
  phone.register(account);
  agent.listener.connected(true);
  agent.listener.registered();
  // The rescue is loaded then.
  await vi.dynamicImportSettled();
}

export function last(): FakeCall {
  const call = agent.calls.at(-1);
  if (call === undefined) {
    throw new Error('no call was made');
  }
  return call;
}

export function inCall(number = '1001'): FakeCall {
  phone.call(number);
  const call = last();
  call.dialog = { callId: `id-${number}`, localTag: 'ours', remoteTag: 'theirs' };
  call.listener?.answered();
  return call;
}

export function cut(): void {
  agent.listener.connected(false);
  agent.listener.registering();
}

export function back(): void {
  agent.listener.connected(true);
  agent.listener.registered();
}

/** The switch has moved the call, and the new call is confirmed. */
export async function taken(): Promise<void> {
  last().listener?.answered();
  await vi.advanceTimersByTimeAsync(15_200);
}

/** Whether the commands for the first line reach this call. */
export function isControlled(call: FakeCall): boolean {
  const { id, muted } = line();
  const before = call.log.length;
  phone.setMuted(id, muted);
  return call.log.length > before;
}

export function line(place = 0): Line {
  const found = phone.state.lines[place];
  if (found === undefined) {
    throw new Error('there is no such line');
  }
  return found;
}
