import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FakePhone, fakeLine } from '../testing/fake-phone';
import { PickupOffer } from './pickup';

let phone: FakePhone;
let pickup: PickupOffer;
const changed = vi.fn();
const ann = { remote: { name: 'Ann', number: '1001' }, startedAt: 1_000 };

beforeEach(() => {
  vi.useFakeTimers({ now: 10_000 });
  changed.mockClear();
  phone = new FakePhone();
  phone.show({ registration: { state: 'registered', extension: '1000' } });
  pickup = new PickupOffer('**', phone, changed);
});
afterEach(() => {
  vi.useRealTimers();
});

it('picks up the call that rang when the page was closed', () => {
  pickup.offer('1000', [ann]);
  expect(changed).toHaveBeenCalledOnce();
  const [notice] = pickup.notices;
  expect(notice).toMatchObject({ text: 'A call from Ann was ringing here.', action: 'Pick up' });
  notice?.press?.();
  expect(phone.commands).toEqual([['call', '**1000']]);
  phone.show({ lines: [fakeLine(1)] });
  phone.show({ lines: [] });
  expect(pickup.notices).toEqual([]);
});

it('says that the caller withholds the number (N5)', () => {
  pickup.offer('1000', [{ ...ann, remote: { name: '', number: 'anonymous' } }]);
  expect(pickup.notices[0]?.text).toBe('A call from a withheld number was ringing here.');
});

it('offers no call that has stopped ringing', () => {
  pickup.offer('1000', [ann]);
  vi.advanceTimersByTime(60_000);
  expect(pickup.notices).toEqual([]);
  pickup.offer('1000', [ann]);
  expect(pickup.notices).toEqual([]);
});

it('offers no call before the registration, without a prefix, or if none rang', () => {
  pickup.offer('1000', []);
  expect(pickup.notices).toEqual([]);
  new PickupOffer('', phone, changed).offer('1000', [ann]);
  expect(changed).not.toHaveBeenCalled();
  phone.show({ registration: { state: 'none' } });
  pickup.offer('1000', [{ ...ann, remote: { name: '', number: '1001' } }]);
  expect(pickup.notices).toEqual([]);
});
