import { describe, expect, it } from 'vitest';
import { isTemporary, outcomeOf, registrationCause, type CallEnd } from './status-causes';
import { cause, type CauseCode, microphoneCause } from '../model/causes';

const end = (part: Partial<CallEnd>): CallEnd => ({
  direction: 'out',
  answered: false,
  byUs: false,
  name: 'SIP Failure Code',
  status: null,
  connected: true,
  reason: '',
  ...part,
});

const codeOf = (part: Partial<CallEnd>): string => {
  const outcome = outcomeOf(end(part));
  return outcome.kind === 'failed' ? outcome.cause.code : outcome.kind;
};

describe('a call that the other side or the server refused', () => {
  it.each<[number, CauseCode]>([
    [302, 'moved'],
    [400, 'refused'],
    [401, 'sign-in-refused'],
    [403, 'not-permitted'],
    [404, 'not-found'],
    [407, 'sign-in-refused'],
    [408, 'no-answer'],
    [410, 'not-found'],
    [422, 'refused'],
    [480, 'unavailable'],
    [484, 'incomplete'],
    [486, 'busy'],
    [487, 'no-answer'],
    [488, 'no-common-audio'],
    [500, 'server-error'],
    [503, 'server-full'],
    [504, 'no-reply'],
    [600, 'busy'],
    [603, 'declined'],
    [604, 'not-found'],
    [606, 'no-common-audio'],
  ])('SIP %i is %s', (status, code) => {
    expect(codeOf({ status })).toBe(code);
  });

  it('includes the status of an answer without a message of its own', () => {
    expect(outcomeOf(end({ status: 422 }))).toMatchObject({
      cause: { text: 'Refused by the server (SIP 422)' },
    });
    expect(outcomeOf(end({ status: 513 }))).toMatchObject({
      cause: { text: 'Server error (SIP 513)' },
    });
  });
});

describe('a call that failed by itself', () => {
  it.each<[string, CauseCode]>([
    ['Connection Error', 'connection-lost'],
    ['Request Timeout', 'no-reply'],
    ['User Denied Media Access', 'microphone-denied'],
    ['WebRTC Error', 'browser-fault'],
    ['Bad Media Description', 'no-common-audio'],
    ['RTP Timeout', 'audio-lost'],
    ['No ACK', 'connection-lost'],
  ])('%s is %s', (name, code) => {
    expect(codeOf({ name })).toBe(code);
    expect(codeOf({ name, answered: true })).toBe(code);
  });

  it('is not reported as canceled when JsSIP could not send the INVITE', () => {
    expect(codeOf({ name: 'Canceled', byUs: true, connected: false })).toBe('connection-lost');
    expect(codeOf({ name: 'Canceled', byUs: true, connected: true })).toBe('no-reply');
  });

  it('reports refused media after a 200 that cannot be used', () => {
    expect(codeOf({ name: 'Bad Media Description', status: 200 })).toBe('no-common-audio');
  });
});

describe('an incoming call', () => {
  it('is missed when the caller hangs up or the call times out', () => {
    expect(codeOf({ direction: 'in', name: 'Canceled' })).toBe('missed');
    expect(codeOf({ direction: 'in', name: 'No Answer', byUs: true })).toBe('missed');
  });

  it('is not missed when it was answered on another phone', () => {
    const reason = 'SIP;cause=200;text="Call completed elsewhere"';
    expect(codeOf({ direction: 'in', name: 'Canceled', reason })).toBe('elsewhere');
    expect(codeOf({ direction: 'in', name: 'Canceled', reason: 'SIP;cause=2000' })).toBe('missed');
  });

  it('ends normally when we decline', () => {
    expect(codeOf({ direction: 'in', name: 'Rejected', byUs: true })).toBe('normal');
  });
});

it('ends normally when it was answered and one side hangs up', () => {
  expect(codeOf({ answered: true, name: 'Terminated' })).toBe('normal');
  expect(codeOf({ answered: true, name: 'Terminated', direction: 'in', byUs: true })).toBe(
    'normal',
  );
});

describe('a registration failure', () => {
  it.each([401, 403, 404, 407])('SIP %i means extension or password', (status) => {
    expect(registrationCause('Rejected', status).code).toBe('wrong-password');
  });

  it('distinguishes a timeout, no connection and a fault of the server', () => {
    expect(registrationCause('Request Timeout', null).code).toBe('no-reply');
    expect(registrationCause('Unavailable', 408).code).toBe('no-reply');
    expect(registrationCause('Connection Error', null).code).toBe('unreachable');
    expect(registrationCause('SIP Failure Code', 503).code).toBe('server-full');
    expect(registrationCause('SIP Failure Code', 500).code).toBe('server-error');
  });

  it('is retried only for temporary causes', () => {
    for (const code of ['no-reply', 'unreachable', 'server-full', 'server-error'] as const) {
      expect(isTemporary(cause(code))).toBe(true);
    }
    expect(isTemporary(cause('wrong-password'))).toBe(false);
  });
});

it.each([
  [new DOMException('', 'NotAllowedError'), 'microphone-denied'],
  [new DOMException('', 'SecurityError'), 'microphone-denied'],
  [new DOMException('', 'NotFoundError'), 'microphone-missing'],
  [new DOMException('', 'OverconstrainedError'), 'microphone-missing'],
  [new DOMException('', 'NotReadableError'), 'microphone-in-use'],
  ['something else', 'microphone-in-use'],
])('getUserMedia: %s', (error, code) => {
  expect(microphoneCause(error).code).toBe(code);
});

it('a cause has a title without a full stop, and a remedy in sentences', () => {
  const { text, remedy } = cause('busy');
  expect(text).toBe('Busy');
  expect(remedy).toMatch(/\.$/);
  expect(cause('refused', 'SIP 499').text).toBe('Refused by the server (SIP 499)');
});
