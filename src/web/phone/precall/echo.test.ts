import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Finding, Line, PhoneState } from '../model/state';
import { failed } from '../model/call';
import { cause } from '../model/causes';
import { FakePhone, fakeLine } from '../testing/fake-phone';
import { quality } from '../testing/view-phone';
import { checkEcho } from './echo';
import type { CheckResult } from './check-result';

let phone: FakePhone;

function show(part: Partial<PhoneState>): void {
  phone.show(part);
}

const up = (part: Partial<Line> = {}): Partial<PhoneState> => ({
  lines: [fakeLine(1, { state: 'active', ...part })],
});

const ended = (outcome: NonNullable<PhoneState['lastEnded']>['outcome']): Partial<PhoneState> => ({
  lines: [],
  lastEnded: {
    direction: 'out',
    remote: { name: '', number: '9196' },
    outcome,
    startedAt: 0,
    seconds: null,
    quality: null,
  },
});

/** The result of the check for such a call. */
async function said(...parts: readonly Partial<PhoneState>[]): Promise<CheckResult> {
  const verdict = checkEcho(phone, '9196');
  for (const part of parts) {
    await Promise.resolve();
    show(part);
    await vi.advanceTimersByTimeAsync(10);
  }
  await vi.advanceTimersByTimeAsync(20_000);
  return verdict;
}

beforeEach(() => {
  vi.useFakeTimers();
  phone = new FakePhone();
  show({ registration: { state: 'registered', extension: '1000' } });
});
afterEach(() => {
  vi.useRealTimers();
});

it('reports the quality, and hangs up', async () => {
  const four = Array.from({ length: 4 }, () => quality(4.3));
  const verdict = await said(up({ state: 'dialling' }), up(), up({ quality: four }));
  expect(verdict).toEqual({
    result: 'ok',
    text: 'Sound goes there and back: round trip 23 ms, loss 0.2 %, MOS 4.3, opus.',
  });
  expect(phone.commands).toEqual([['call', '9196'], ['hangUp', 1], ['dismiss']]);
});

it.each([
  [3.7, 'warning'],
  [2.5, 'fault'],
] as const)('of a MOS of %s it is a %s', async (mos, result) => {
  const verdict = await said(up({ quality: Array.from({ length: 4 }, () => quality(mos)) }));
  expect(verdict.result).toBe(result);
});

it('reports the fault that was detected in the call', async () => {
  const finding: Finding = {
    code: 'never-received',
    at: 0,
    fault: 'Nothing has arrived',
    text: 'Nothing has arrived',
    remedy: 'A firewall.',
    severity: 'fault',
    state: 'mending',
    steps: [],
  };
  expect(await said(up({ findings: [finding] }))).toEqual({
    result: 'fault',
    text: 'Nothing has arrived. A firewall.',
  });
});

it('reports that no audio comes back', async () => {
  expect((await said(up())).text).toMatch(/^Nothing comes back/);
});

it('reports why the call failed', async () => {
  expect((await said(up({ state: 'dialling' }), ended(failed(cause('not-found'))))).text).toMatch(
    /^9196: Number not found/,
  );
  phone = new FakePhone();
  show({ registration: { state: 'registered', extension: '1000' } });
  expect((await said(up({ state: 'dialling' }), ended({ kind: 'normal' }))).text).toMatch(
    /ended at once/,
  );
});

it('reports that the number does not answer, and that the call has ended too early', async () => {
  expect((await said(up({ state: 'ringing' }))).text).toMatch(/does not answer/);
  phone = new FakePhone();
  show({ registration: { state: 'registered', extension: '1000' } });
  expect((await said(up(), ended({ kind: 'normal' }))).text).toMatch(/ended before/);
});

it('does not start during a call, without a registration or without a number', async () => {
  show(up());
  expect(await checkEcho(phone, '9196')).toMatchObject({ result: 'warning' });
  show({ lines: [] });
  expect(await checkEcho(phone, '')).toMatchObject({ result: 'warning' });
  show({ registration: { state: 'none' } });
  expect(await checkEcho(phone, '9196')).toMatchObject({ result: 'warning' });
  expect(phone.commands).toEqual([]);
});
