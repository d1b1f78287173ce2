/* A call whose parts for later could not be loaded: it is made, answered and ended all the same. */
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { dialled, log, setUp, tearDown } from '../testing/sip-bench';

vi.mock('jssip', () => import('../testing/fake-jssip'));
vi.mock('./lazy-call-parts', () => ({ loadCallParts: () => Promise.resolve(null) }));

beforeEach(setUp);
afterEach(tearDown);

it('goes on, without hold, transfer and tones', async () => {
  const { call, session } = await dialled();
  session.emit('accepted', {});
  call.sendDigits('1');
  expect(await call.hold()).toBe(false);
  expect((await call.transfer('1003'))?.code).toBe('no-reply');
  expect((await call.transferTo(call))?.code).toBe('connection-lost');
  expect(session.connection.tones).toEqual([]);
  call.hangUp();
  expect(log).toEqual(['answered', 'normal']);
});
