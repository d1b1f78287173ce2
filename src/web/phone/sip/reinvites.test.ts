/* Re-INVITEs of the other side for a call that this side holds. */
import type { RTCSession } from 'jssip/lib/RTCSession';
import { EventEmitter } from 'events';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Reinvites } from './reinvites';

class Session extends EventEmitter {
  readonly log: string[] = [];
  readonly C = { STATUS_CONFIRMED: 9 };
  readonly status = 9;
  held = true;

  isOnHold(): { local: boolean; remote: boolean } {
    return { local: this.held, remote: false };
  }
  isEnded(): boolean {
    return false;
  }
  isReadyToReOffer(): boolean {
    return true;
  }
  terminate(): void {
    this.log.push('terminate');
  }
  sendRequest(): void {
    this.log.push('request');
  }
  renegotiate(_options: object, done: () => void): boolean {
    this.log.push('offer again');
    done();
    return true;
  }
}

let session: Session;
let reinvites: Reinvites;

beforeEach(() => {
  vi.useFakeTimers();
  session = new Session();
  reinvites = new Reinvites(session as unknown as RTCSession);
});
afterEach(() => {
  vi.useRealTimers();
});

async function offered(direction: string): Promise<void> {
  const body = `v=0\r\nm=audio 9 RTP/SAVPF 0\r\na=${direction}\r\n`;
  session.emit('reinvite', { request: { body }, reject: vi.fn() });
  await vi.advanceTimersByTimeAsync(100);
}

it('is held again after an offer that ignores the hold', async () => {
  await offered('sendrecv');
  expect(session.log).toEqual(['offer again']);
});

it.each(['recvonly', 'inactive'])(
  'is left as it is by an offer that respects the hold: %s',
  async (direction) => {
    await offered(direction);
    expect(session.log).toEqual([]);
  },
);

it('is left as it is by a re-INVITE without an offer: the phone offers the hold itself', async () => {
  session.emit('reinvite', { request: { body: '' }, reject: vi.fn() });
  await vi.advanceTimersByTimeAsync(100);
  expect(session.log).toEqual([]);
});

it.each(['reinvite', 'update'])('answers 491 to the %s that crosses its own', async (event) => {
  session.renegotiate = () => true;
  const reject = vi.fn();
  void reinvites.repeat();
  await vi.advanceTimersByTimeAsync(0);
  session.emit(event, { request: { body: 'v=0' }, reject });
  expect(reject).toHaveBeenCalledWith({ status_code: 491 });
});

it('is not held because of an offer if it was not held before', async () => {
  session.held = false;
  await offered('sendrecv');
  expect(session.log).toEqual([]);
});
