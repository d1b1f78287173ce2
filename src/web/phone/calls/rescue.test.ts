import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { cause, failed } from '../sip/causes';
import { FakeAgent, FakeCall, settled } from '../testing/fake-agent';
import { Phone } from './phone';
import type { KnownCall } from './rescue';
import type { Line } from './state';

const account = {
  extension: '1000',
  password: 'secret',
  server: 'wss://x',
  domain: 'pbx.test',
} as const;

let agent: FakeAgent;
let phone: Phone;

function opened(recoveryUser = 'resume', left: readonly KnownCall[] = []): void {
  phone = new Phone(
    (given, listener) => (agent = new FakeAgent(given, listener)),
    { unlock: () => undefined, play: () => undefined, announce: () => undefined },
    { recoveryUser, now: Date.now, leftBehind: () => Promise.resolve(left) },
  );
  phone.register(account);
  agent.listener.connected(true);
  agent.listener.registered();
}

function last(): FakeCall {
  const call = agent.calls.at(-1);
  if (call === undefined) {
    throw new Error('no call was made');
  }
  return call;
}

function inCall(number = '1001'): FakeCall {
  phone.call(number);
  const call = last();
  call.dialog = { callId: `id-${number}`, localTag: 'ours', remoteTag: 'theirs' };
  call.listener?.answered();
  return call;
}

function cut(): void {
  agent.listener.connected(false);
  agent.listener.registering();
}

function back(): void {
  agent.listener.connected(true);
  agent.listener.registered();
}

function line(place = 0): Line {
  const found = phone.state.lines[place];
  if (found === undefined) {
    throw new Error('there is no such line');
  }
  return found;
}

beforeEach(() => {
  vi.useFakeTimers();
  opened();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('a call whose WebSocket is cut', () => {
  it('goes on, and is taken over as soon as the phone is registered again', async () => {
    const old = inCall();
    const before = line();
    cut();
    expect(line().rescue).toBe('reconnecting');
    expect(old.log).toEqual([]);

    back();
    expect(agent.numbers.at(-1)).toBe('resume replaces id-1001');
    expect(line().rescue).toBe('recovering');
    last().listener?.answered();
    await settled();

    expect(old.log).toEqual(['drop']);
    expect(line()).toEqual(before);
    last().listener?.ended({ kind: 'normal' });
    expect(phone.state.lines).toEqual([]);
  });

  it('is called itself where no name is known that reaches nobody', () => {
    opened('');
    inCall('1001');
    cut();
    back();
    expect(agent.numbers.at(-1)).toBe('1001 replaces id-1001');
  });

  it('is muted and held again, as it was', async () => {
    inCall();
    phone.setMuted(line().id, true);
    phone.hold(line().id);
    await settled();
    cut();
    back();
    last().listener?.answered();
    await settled();
    expect(last().log).toEqual(['muted on', 'hold']);
    expect(line()).toMatchObject({ hold: 'held', muted: true, rescue: 'none' });
  });

  it('hears nothing of what is wished while it cannot, and of the last wish then', async () => {
    const old = inCall();
    cut();
    phone.hold(line().id);
    phone.transfer(line().id, '1002');
    phone.consult(line().id, '1002');
    phone.merge();
    await settled();
    expect(old.log).toEqual([]);
    expect(phone.state.lines).toHaveLength(1);
    back();
    last().listener?.answered();
    await settled();
    expect(last().log).toEqual(['hold']);
    expect(line().hold).toBe('held');
  });

  it('ends at once for the person, and for the other side when that can be told', () => {
    const old = inCall();
    cut();
    phone.hangUp(line().id);
    expect(old.log).toEqual(['silence']);
    expect(phone.state.lines).toEqual([]);
    expect(phone.state.lastEnded).toMatchObject({ outcome: { kind: 'normal' } });

    back();
    expect(old.log).toEqual(['silence', 'hang up']);
    expect(agent.calls).toHaveLength(1);
    expect(phone.state.lines).toEqual([]);
  });

  it('that the person ends during the takeover ends when the switch has moved it', () => {
    const old = inCall();
    cut();
    back();
    phone.hangUp(line().id);
    expect(old.log).toEqual(['silence']);
    expect(phone.state.lines).toEqual([]);
    last().listener?.answered();
    expect(last().log).toEqual([]);
    vi.advanceTimersByTime(1_000);
    expect(last().log).toEqual(['hang up']);
    expect(phone.state.lines).toEqual([]);
  });

  it('is shown as ended if it has ended meanwhile', async () => {
    const old = inCall();
    cut();
    vi.advanceTimersByTime(7_000);
    back();
    last().listener?.ended({ kind: 'normal' });
    await settled();
    expect(old.log).toEqual(['hang up']);
    expect(phone.state.lines).toEqual([]);
    expect(phone.state.lastEnded).toMatchObject({ outcome: { kind: 'normal' }, seconds: 7 });
  });

  it('that cannot be saved stays in sight as lost, until the person ends it', async () => {
    const old = inCall();
    cut();
    back();
    last().listener?.ended(failed(cause('server-error')));
    await settled();
    expect(old.log).toEqual(['retire', 'hang up']);
    expect(line().rescue).toBe('lost');
    expect(phone.known).toEqual([]);
    // Nothing more is tried.
    cut();
    back();
    expect(line().rescue).toBe('lost');
    expect(agent.calls).toHaveLength(2);
    phone.hangUp(line().id);
    expect(phone.state.lines).toEqual([]);
  });

  it('has ended if the switch knows nothing of it', async () => {
    inCall();
    cut();
    back();
    last().listener?.ended(failed(cause('unavailable')));
    await settled();
    expect(phone.state.lines).toEqual([]);
  });

  it('is no other call that answers late', async () => {
    inCall();
    cut();
    back();
    vi.advanceTimersByTime(6_000);
    await settled();
    expect(last().log).toEqual(['hang up']);
    expect(phone.state.lines).toEqual([]);
  });

  it('goes on when its old dialog is ended before the takeover is answered', async () => {
    const old = inCall();
    cut();
    back();
    old.listener?.ended({ kind: 'normal' });
    expect(phone.state.lines).toHaveLength(1);
    last().listener?.answered();
    await settled();
    expect(line().rescue).toBe('none');
  });

  it('that the other side ends during the takeover is ended', async () => {
    const old = inCall();
    cut();
    back();
    old.listener?.ended({ kind: 'normal' });
    last().listener?.ended({ kind: 'normal' });
    await settled();
    expect(phone.state.lines).toEqual([]);
  });

  it('survives a second cut during the takeover, and many more', async () => {
    inCall();
    for (let time = 0; time < 3; time += 1) {
      cut();
      back();
      const taking = last();
      taking.dialog = { callId: `again-${time}`, localTag: 'ours', remoteTag: 'theirs' };
      taking.listener?.answered();
      await settled();
    }
    cut();
    back();
    expect(agent.numbers.at(-1)).toBe('resume replaces again-2');
  });

  it('is not given up when the takeover itself is cut', async () => {
    const old = inCall();
    cut();
    back();
    const taking = last();
    cut();
    taking.listener?.ended({ kind: 'normal' });
    await settled();
    expect(line().rescue).toBe('reconnecting');
    expect(old.log).toEqual([]);
    back();
    last().listener?.answered();
    await settled();
    expect(line().rescue).toBe('none');
    expect(old.log).toEqual(['drop']);
  });

  it('is one of two, and both survive', async () => {
    inCall('1001');
    inCall('1002');
    await settled();
    expect(phone.state.lines.map(({ hold }) => hold)).toEqual(['held', 'no']);
    cut();
    back();
    expect(agent.numbers.slice(-2)).toEqual(['resume replaces id-1001', 'resume replaces id-1002']);
    for (const call of agent.calls.slice(-2)) {
      call.listener?.answered();
    }
    await settled();
    expect(phone.state.lines.map(({ hold, rescue }) => [hold, rescue])).toEqual([
      ['held', 'none'],
      ['no', 'none'],
    ]);
  });
});

describe('a call in whose place the other side calls anew', () => {
  it('goes on on its line, muted and held as it was', async () => {
    const old = inCall();
    phone.setMuted(line().id, true);
    phone.hold(line().id);
    await settled();
    const before = line();
    const call = new FakeCall('in', { name: 'Ann', number: '1003' });
    call.listener = old.listener?.replaced(call) ?? null;
    expect(line()).toEqual(before);

    call.listener?.answered();
    await settled();
    expect(old.log.at(-1)).toBe('retire');
    expect(call.log).toEqual(['muted on', 'hold']);
    expect(line()).toEqual({ ...before, remote: call.remote });
    call.listener?.ended({ kind: 'normal' });
    expect(phone.state.lines).toEqual([]);
  });

  it('is not touched if nothing comes of that', () => {
    const old = inCall();
    const before = line();
    const call = new FakeCall('in');
    old.listener?.replaced(call).ended({ kind: 'normal' });
    expect(line()).toEqual(before);
  });
});

describe('a call that another page left behind', () => {
  it('is tried again when the takeover is cut', async () => {
    inCall();
    const known = {
      line: line(),
      dialog: { callId: 'left', localTag: 'ours', remoteTag: 'theirs' },
    };
    opened('resume', [known]);
    await settled();
    const taking = last();
    cut();
    taking.listener?.ended({ kind: 'normal' });
    await settled();
    back();
    expect(agent.numbers).toEqual(['resume replaces left', 'resume replaces left']);
    last().listener?.answered();
    expect(line().rescue).toBe('none');
  });

  it('is taken over on the same line, with the same timer', async () => {
    inCall();
    const known = {
      line: {
        ...line(),
        id: 7,
        hold: 'held',
        muted: true,
        digits: '12',
        answeredAt: 1000,
      } as const,
      dialog: { callId: 'left', localTag: 'ours', remoteTag: 'theirs' },
    };
    opened('resume', [known]);
    await settled();

    expect(agent.numbers).toEqual(['resume replaces left']);
    expect(line()).toMatchObject({ rescue: 'recovering', answeredAt: 1000, digits: '12' });
    last().listener?.answered();
    await settled();
    expect(line()).toMatchObject({ rescue: 'none', answeredAt: 1000, hold: 'held', muted: true });
    expect(last().log).toEqual(['muted on', 'hold']);
    // Once only.
    cut();
    back();
    expect(phone.state.lines).toHaveLength(1);
  });
});
