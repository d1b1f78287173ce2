import { expect, it } from 'vitest';
import { line } from '../testing/view-phone';
import { takeoverDelayMs, type TakeoverReason } from './takeover-delay';

const troubles: readonly TakeoverReason[] = ['cut', 'alone', 'page loaded again'];

it.each(troubles)(
  'is shortest for the side that holds, then the caller, then the called side: %s',
  (reason) => {
    const holder = takeoverDelayMs(line({ direction: 'in', hold: 'held' }), reason, false);
    const caller = takeoverDelayMs(line({ direction: 'out' }), reason, false);
    const called = takeoverDelayMs(line({ direction: 'in' }), reason, false);
    expect(holder).toBe(0);
    expect(holder).toBeLessThanOrEqual(caller);
    expect(caller).toBeLessThan(called);
  },
);

it('is longer for a call that seems to be held by the other side', () => {
  for (const reason of troubles) {
    expect(takeoverDelayMs(line({ direction: 'out' }), reason, true)).toBeGreaterThanOrEqual(3_000);
  }
});
