import type { RTCSession } from 'jssip/lib/RTCSession';
import { EventEmitter } from 'events';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { refer } from './refer';

interface Handlers {
  requestFailed(event: object): void;
  accepted(event: object): void;
  failed(event: object): void;
}

/** A session that records its REFER. */
class Referring extends EventEmitter {
  established = true;
  badTarget = false;
  readonly asked: { target: string; replaces: unknown; eventHandlers: Handlers }[] = [];
  isEstablished(): boolean {
    return this.established;
  }
  refer(target: string, options: { eventHandlers: Handlers; replaces?: unknown }): void {
    if (this.badTarget) {
      throw new TypeError('Invalid target');
    }
    const { eventHandlers, replaces } = options;
    this.asked.push({ target, replaces, eventHandlers });
  }
  get session(): RTCSession {
    return this as unknown as RTCSession;
  }
  get handlers(): Handlers {
    const last = this.asked.at(-1);
    if (last === undefined) {
      throw new Error('nothing was asked');
    }
    return last.eventHandlers;
  }
}

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a REFER', () => {
  it('succeeds when the other side reports success, or ends the call', async () => {
    const one = new Referring();
    const said = refer(one.session, 'sip:1002@phone.test');
    expect(one.asked[0]).toMatchObject({ target: 'sip:1002@phone.test', replaces: undefined });
    one.handlers.accepted({});
    expect(await said).toBeNull();
    const ended = refer(one.session, '1002');
    one.emit('ended');
    expect(await ended).toBeNull();
  });

  it('names the call that it is to replace', () => {
    const one = new Referring();
    const other = new Referring();
    void refer(one.session, '1002', other.session);
    expect(one.asked[0]?.replaces).toBe(other);
  });

  it('fails with the answer of the other side or of the target', async () => {
    const one = new Referring();
    const refused = refer(one.session, '1002');
    one.handlers.requestFailed({ response: { status_code: 403 } });
    expect((await refused)?.code).toBe('not-permitted');
    const unanswered = refer(one.session, '1002');
    one.handlers.requestFailed({ response: null });
    expect((await unanswered)?.code).toBe('no-reply');
    const busy = refer(one.session, '1002');
    one.handlers.failed({ status_line: { status_code: 486 } });
    expect((await busy)?.code).toBe('busy');
  });

  it('times out', async () => {
    const said = refer(new Referring().session, '1002');
    await vi.advanceTimersByTimeAsync(120_000);
    expect((await said)?.code).toBe('no-reply');
  });

  it('is not sent without an established call, nor to an invalid address', async () => {
    const one = new Referring();
    one.badTarget = true;
    expect((await refer(one.session, ' '))?.code).toBe('invalid-number');
    one.established = false;
    expect((await refer(one.session, '1002'))?.code).toBe('connection-lost');
    expect((await refer(null, '1002'))?.code).toBe('connection-lost');
  });
});
