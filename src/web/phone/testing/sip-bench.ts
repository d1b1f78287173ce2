/* Shared set-up of the adapter's tests: an agent on the JsSIP of `fake-jssip`, and a log of its
   events. */
import { vi } from 'vitest';
import { Microphone } from '../media/microphone';
import { Outputs } from '../media/outputs';
import type { AgentListener, CallListener, SipAgent, SipCall } from '../sip/edge';
import type { Outcome } from '../model/call';
import { jsSipAgents } from '../sip/jssip-agent';
import { FakeSession, uas, type UA } from './fake-jssip';

export const track = { stop: vi.fn(), addEventListener: vi.fn() };
const stream = { getTracks: () => [track], clone: () => stream };

export const media = { microphone: new Microphone(), outputs: new Outputs() };

export const log: string[] = [];
export const calls: SipCall[] = [];
export const outcomes: Outcome[] = [];
export const getUserMedia = vi.fn<() => Promise<unknown>>();
/** Whether incoming calls get a busy response. */
export const wish = { turnAway: false };

export const callListener: CallListener = {
  progress: ({ ringing, media }) => log.push(`progress ${ringing} ${media}`),
  answered: () => log.push('answered'),
  replaced: (call) => {
    calls.push(call);
    log.push('replaced');
    return callListener;
  },
  moved: ({ name, number }) => log.push(`moved to ${`${name} ${number}`.trim()}`),
  isIntact: () => true,
  trouble: (what) => log.push(`trouble ${what?.code ?? 'over'}`),
  ended: (outcome) => {
    log.push(outcome.kind === 'failed' ? outcome.cause.code : outcome.kind);
    outcomes.push(outcome);
  },
};
const agentListener: AgentListener = {
  connected: () => undefined,
  voicemail: ({ fresh, old }) => log.push(`voicemail ${fresh}/${old}`),
  presence: (extension, presence) => log.push(`${extension} is ${presence}`),
  registering: () => log.push('registering'),
  registered: () => log.push('registered'),
  failed: (why) => log.push(`failed ${why.code}`),
  incoming: (call) => {
    calls.push(call);
    if (wish.turnAway) {
      call.reject('busy');
      return null;
    }
    return callListener;
  },
};

/** Before each test. */
export function setUp(): void {
  vi.useFakeTimers();
  media.microphone = new Microphone();
  uas.length = 0;
  log.length = 0;
  calls.length = 0;
  outcomes.length = 0;
  wish.turnAway = false;
  track.stop.mockClear();
  getUserMedia.mockReset();
  getUserMedia.mockImplementation(() => Promise.resolve(stream));
  vi.stubGlobal('navigator', { mediaDevices: { getUserMedia } });
}

/** Resolves when what a call loads apart is there. */
export async function partsLoaded(): Promise<void> {
  await vi.dynamicImportSettled();
  await vi.advanceTimersByTimeAsync(0);
}

/** After each test. */
export function tearDown(): void {
  vi.useRealTimers();
  vi.unstubAllGlobals();
}

export function started(
  iceServers: RTCIceServer[] = [],
  server = 'wss://x',
): { agent: SipAgent; ua: UA } {
  const account = { extension: '1000', password: 'secret', server, domain: 'pbx.test' };
  const agent = jsSipAgents(() => iceServers, media)(account, agentListener);
  agent.start();
  return { agent, ua: last(uas) };
}

export function registered(iceServers: RTCIceServer[] = []): { agent: SipAgent; ua: UA } {
  const both = started(iceServers);
  both.ua.emit('registered');
  log.length = 0;
  return both;
}

export async function dialled(): Promise<{
  agent: SipAgent;
  ua: UA;
  call: SipCall;
  session: FakeSession;
}> {
  const { agent, ua } = registered();
  const call = agent.call('1001', callListener);
  await vi.advanceTimersByTimeAsync(0);
  await partsLoaded();
  return { agent, ua, call, session: last(ua.sessions) };
}

export function rung(ua: UA, headers: Readonly<Record<string, string>> = {}): FakeSession {
  const session = new FakeSession();
  const request = { getHeader: (name: string) => headers[name] };
  ua.emit('newRTCSession', { originator: 'remote', session, request });
  return session;
}

export function last<Item>(items: readonly Item[]): Item {
  const item = items.at(-1);
  if (item === undefined) {
    throw new Error('there is none');
  }
  return item;
}
