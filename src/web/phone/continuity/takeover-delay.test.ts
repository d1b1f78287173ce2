import { expect, it } from 'vitest';
import { line } from '../testing/view-phone';
import { waitOf, type Trouble } from './takeover-delay';

const troubles: readonly Trouble[] = ['cut', 'alone', 'page loaded again'];

it.each(troubles)(
  'lets who holds go first, then the caller, then who was called: %s',
  (trouble) => {
    const holder = waitOf(line({ direction: 'in', hold: 'held' }), trouble, false);
    const caller = waitOf(line({ direction: 'out' }), trouble, false);
    const called = waitOf(line({ direction: 'in' }), trouble, false);
    expect(holder).toBe(0);
    expect(holder).toBeLessThanOrEqual(caller);
    expect(caller).toBeLessThan(called);
  },
);

it('lets who seems to be held wait for who holds', () => {
  for (const trouble of troubles) {
    expect(waitOf(line({ direction: 'out' }), trouble, true)).toBeGreaterThanOrEqual(3_000);
  }
});
