import { expect, it } from 'vitest';
import { line } from '../testing/view-phone';
import { takeoverDelayMs, type TakeoverReason } from './takeover-delay';

const troubles: readonly TakeoverReason[] = ['cut', 'alone', 'page loaded again'];

it.each(troubles)('lets who holds go first, then the caller, then who was called: %s', (reason) => {
  const holder = takeoverDelayMs(line({ direction: 'in', hold: 'held' }), reason, false);
  const caller = takeoverDelayMs(line({ direction: 'out' }), reason, false);
  const called = takeoverDelayMs(line({ direction: 'in' }), reason, false);
  expect(holder).toBe(0);
  expect(holder).toBeLessThanOrEqual(caller);
  expect(caller).toBeLessThan(called);
});

it('lets who seems to be held wait for who holds', () => {
  for (const reason of troubles) {
    expect(takeoverDelayMs(line({ direction: 'out' }), reason, true)).toBeGreaterThanOrEqual(3_000);
  }
});
