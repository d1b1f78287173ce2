import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { uas } from '../testing/fake-jssip';
import { last, log, media, registered, setUp, started, tearDown } from '../testing/sip-bench';
import type { Digest } from '../model/account';
import { jsSipAgents } from './jssip-agent';

vi.mock('jssip', () => import('../testing/fake-jssip'));

beforeEach(setUp);
afterEach(tearDown);

describe('registration', () => {
  it('configures JsSIP for FreeSWITCH', () => {
    const { configuration } = started().ua;
    expect(configuration).toMatchObject({
      uri: 'sip:1000@pbx.test',
      password: 'secret',
      register: true,
      register_expires: 300,
      session_timers: false,
    });
    expect(configuration['contact_uri']).toMatch(/^sip:1000@10\.99\.99\.99;transport=ws;line=\d+$/);
  });

  it.each([
    ['wss://pbx.test:7443', 'WSS'],
    ['ws://pbx.test:5066', 'WS'],
    ['wss://pbx.test/sip/ws', 'WS'],
  ])('names in Via the transport that the switch sees: at %s it is %s', (server, via) => {
    const { configuration } = started([], server).ua;
    expect(configuration['sockets']).toMatchObject([{ url: server, via_transport: via }]);
  });

  it('accepts HA1 in place of a password, and reports it after a challenge', () => {
    const digest = { ha1: '0123456789abcdef0123456789abcdef', realm: 'pbx.test' };
    const given: (Digest | undefined)[] = [];
    const listener = {
      connected: vi.fn(),
      voicemail: vi.fn(),
      presence: vi.fn(),
      registering: vi.fn(),
      registered: (digest?: Digest) => given.push(digest),
      failed: vi.fn(),
      incoming: vi.fn(),
    };
    const account = { extension: '1000', server: 'wss://x', domain: 'pbx.test', ...digest };
    jsSipAgents(() => [], media)(account, listener).start();
    const ua = last(uas);
    expect(ua.configuration).toMatchObject(digest);
    expect(ua.configuration).not.toHaveProperty('password');

    ua.emit('registered');
    ua.digest = digest;
    ua.emit('registered');

    expect(given).toEqual([undefined, digest]);
  });

  it('reports that it is registering and registered', () => {
    const { ua } = started();
    ua.emit('registered');
    expect(ua.log).toEqual(['start']);
    expect(log).toEqual(['registering', 'registered']);
    vi.advanceTimersByTime(60_000);
    expect(log).toHaveLength(2);
  });

  it('fails on a wrong password', () => {
    const { ua } = started();
    ua.emit('registrationFailed', { cause: 'Rejected', response: { status_code: 403 } });
    expect(log).toEqual(['registering', 'failed wrong-password']);
  });

  it('fails when the first connection fails', () => {
    const { ua } = started();
    ua.emit('disconnected', { error: true });
    expect(log).toEqual(['registering', 'failed unreachable']);
  });

  it.each([
    [true, 'no-reply'],
    [false, 'unreachable'],
  ])('fails after 15 s without an answer (connected: %s)', (connected, code) => {
    const { ua } = started();
    ua.connected = connected;
    vi.advanceTimersByTime(14_999);
    expect(log).toEqual(['registering']);
    vi.advanceTimersByTime(1);
    expect(log).toEqual(['registering', `failed ${code}`]);
  });

  it('reports that it is registering again as soon as the connection is lost', () => {
    const { ua } = registered();
    ua.emit('disconnected', { error: true });
    ua.emit('registered');
    expect(log).toEqual(['registering', 'registered']);
  });

  it('retries a refresh after a temporary failure, with growing delays', () => {
    const { ua } = registered();
    const fault = { cause: 'SIP Failure Code', response: { status_code: 503 } };
    const tries = (): number => ua.log.filter((entry) => entry === 'register').length;
    for (const [count, wait] of [2000, 5000, 10_000, 30_000, 30_000].entries()) {
      ua.emit('registrationFailed', fault);
      vi.advanceTimersByTime(wait - 1);
      expect(tries()).toBe(count);
      vi.advanceTimersByTime(1);
      expect(tries()).toBe(count + 1);
    }
    expect(new Set(log)).toEqual(new Set(['registering']));
  });

  it('leaves the retry to JsSIP while there is no connection', () => {
    const { ua } = registered();
    ua.connected = false;
    ua.emit('registrationFailed', { cause: 'Connection Error', response: null });
    vi.advanceTimersByTime(60_000);
    expect(ua.log).toEqual(['start']);
  });

  it('gives up a refresh that was refused', () => {
    const { ua } = registered();
    ua.emit('registrationFailed', { cause: 'Rejected', response: { status_code: 403 } });
    vi.advanceTimersByTime(60_000);
    expect(log).toEqual(['failed wrong-password']);
    expect(ua.log).toEqual(['start']);
  });

  it('sends no events after the stop', () => {
    const { agent, ua } = registered();
    agent.stop();
    ua.emit('disconnected', { error: false });
    ua.emit('registrationFailed', { cause: 'Rejected', response: { status_code: 403 } });
    expect(ua.log).toEqual(['start', 'stop']);
    expect(log).toEqual([]);
  });
});
