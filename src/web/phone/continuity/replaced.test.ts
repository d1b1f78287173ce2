/* Takeovers in which the other side, or another page, takes part. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { failed } from '../model/call';
import { cause } from '../model/causes';
import { FakeCall, settled } from '../testing/fake-agent';
import {
  agent,
  back,
  cut,
  inCall,
  isControlled,
  last,
  line,
  opened,
  phone,
  setUp,
  tearDown,
} from '../testing/rescue-bench';

beforeEach(setUp);
afterEach(tearDown);

describe('a call that the other side replaces with a new one', () => {
  it('keeps its line, muted and held as it was', async () => {
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
    expect(old.log.at(-1)).toBe('detach');
    expect(call.log).toEqual(['muted on', 'hold']);
    expect(line()).toEqual({ ...before, remote: call.remote, original: before.remote });
    await vi.advanceTimersByTimeAsync(200);
    expect(old.log.at(-1)).toBe('discard');
    call.listener?.ended({ kind: 'normal' });
    expect(phone.state.lines).toEqual([]);
  });

  it('is not affected if the new call fails', () => {
    const old = inCall();
    const before = line();
    const call = new FakeCall('in');
    old.listener?.replaced(call)?.ended({ kind: 'normal' });
    expect(line()).toEqual(before);
  });

  it('continues with the call that both sides choose if both call (glare)', async () => {
    await opened('');
    const old = inCall();
    cut();
    back();
    const ours = last();
    ours.dialog = { callId: 'm', localTag: 'ours', remoteTag: '' };
    const later = new FakeCall('in');
    later.dialog = { callId: 'z', localTag: '', remoteTag: 'theirs' };
    expect(old.listener?.replaced(later)).toBeNull();
    expect(ours.log).toEqual([]);

    const earlier = new FakeCall('in');
    earlier.dialog = { callId: 'a', localTag: '', remoteTag: 'theirs' };
    const listener = old.listener?.replaced(earlier);
    expect(ours.log).toEqual(['hang up']);
    listener?.answered();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(line().rescue).toBe('none');
    expect(isControlled(earlier)).toBe(true);
    expect(agent.calls).toHaveLength(2);
    expect(old.log).toEqual(['detach', 'discard']);
  });

  it('is taken over again if the other side cancels its own call', async () => {
    await opened('');
    const old = inCall();
    cut();
    back();
    last().dialog = { callId: 'm', localTag: 'ours', remoteTag: '' };
    const earlier = new FakeCall('in');
    earlier.dialog = { callId: 'a', localTag: '', remoteTag: 'theirs' };
    old.listener?.replaced(earlier)?.ended({ kind: 'normal' });
    await vi.advanceTimersByTimeAsync(500);
    expect(agent.numbers.slice(1)).toEqual(Array(2).fill('1001 replaces id-1001'));
  });

  it('can be replaced again while the other side has not received the answer', async () => {
    await opened('');
    const old = inCall();
    const [first, second] = [new FakeCall('in'), new FakeCall('in')];
    first.isConfirmed = false;
    first.dialog = { callId: 'first', localTag: 'ours', remoteTag: 'theirs' };
    first.listener = old.listener?.replaced(first) ?? null;
    first.listener?.answered();
    await vi.advanceTimersByTimeAsync(20_000);
    expect(old.log).toEqual(['detach']);
    expect(phone.knownCalls[0]?.others?.map(({ callId }) => callId)).toEqual(['id-1001']);

    second.listener = old.listener?.replaced(second) ?? null;
    second.listener?.answered();
    expect(first.log).toEqual(['discard']);
    await vi.advanceTimersByTimeAsync(200);
    expect(old.log.at(-1)).toBe('discard');
    expect(isControlled(second)).toBe(true);
    second.listener?.ended({ kind: 'normal' });
    expect(phone.state.lines).toEqual([]);
  });

  it('is taken over again if the other side never receives the answer', async () => {
    await opened('');
    const old = inCall();
    const call = new FakeCall('in');
    call.isConfirmed = false;
    const listener = old.listener?.replaced(call);
    listener?.answered();
    listener?.ended(failed(cause('connection-lost')));
    expect(isControlled(old)).toBe(true);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(agent.numbers.at(-1)).toBe('1001 replaces id-1001');
  });

  it('is hung up if the person has ended it meanwhile', () => {
    const old = inCall();
    const call = new FakeCall('in');
    const listener = old.listener?.replaced(call);
    phone.hangUp(line().id);
    listener?.answered();
    expect(call.log).toEqual(['hang up']);
  });

  it('is not replaced by an older INVITE after it was just taken over', async () => {
    await opened('');
    const old = inCall();
    cut();
    back();
    last().listener?.answered();
    expect(old.listener?.replaced(new FakeCall('in'))).toBeNull();
    await vi.advanceTimersByTimeAsync(15_200);
    expect(line().rescue).toBe('none');
  });
});

describe('a call that another page left behind', () => {
  it('is tried again when the connection breaks during the takeover', async () => {
    inCall();
    const known = {
      line: line(),
      dialog: { callId: 'left', localTag: 'ours', remoteTag: 'theirs' },
    };
    await opened('resume', [known]);
    await vi.advanceTimersByTimeAsync(300);
    const taking = last();
    cut();
    taking.listener?.ended({ kind: 'normal' });
    await settled();
    back();
    expect(agent.numbers).toEqual(['resume replaces left', 'resume replaces left']);
    last().listener?.answered();
    expect(line().rescue).toBe('none');
  });

  it('is looked up by every dialog that the other side may have', async () => {
    inCall();
    const [left, asked] = ['left', 'asked'].map((callId) => ({
      callId,
      localTag: 'ours',
      remoteTag: 'theirs',
    }));
    if (left === undefined || asked === undefined) {
      throw new Error('there are two');
    }
    await opened('resume', [{ line: line(), dialog: asked, others: [left] }]);
    await vi.advanceTimersByTimeAsync(300);
    last().listener?.ended(failed(cause('unavailable')));
    expect(agent.numbers).toEqual(['resume replaces asked', 'resume replaces left']);
    expect(phone.knownCalls.map(({ dialog, others }) => [dialog, others])).toEqual([
      [asked, [left]],
    ]);
  });

  it('waits for the caller, whose page may be reloaded too', async () => {
    inCall();
    const known = {
      line: { ...line(), direction: 'in' } as const,
      dialog: { callId: 'left', localTag: 'ours', remoteTag: 'theirs' },
    };
    await opened('', [known]);
    await settled();
    expect(agent.numbers).toEqual([]);
    const call = new FakeCall('in', { name: '', number: '1001' });
    const listener = agent.placeholders.get('left')?.replaced(call);
    listener?.answered();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(line().rescue).toBe('none');
    expect(agent.numbers).toEqual([]);
    expect(agent.placeholders.size).toBe(0);
  });

  it('is ended if the other side ends it before the takeover', async () => {
    inCall();
    const known = {
      line: line(),
      dialog: { callId: 'left', localTag: 'ours', remoteTag: 'theirs' },
    };
    await opened('', [known]);
    await vi.advanceTimersByTimeAsync(300);
    agent.placeholders.get('left')?.ended({ kind: 'normal' });
    expect(phone.state.lines).toEqual([]);
    expect(phone.state.lastEnded?.outcome).toEqual({ kind: 'normal' });
    expect(last().log).toEqual(['hang up']);
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
    await opened('resume', [known]);
    await settled();

    expect(agent.numbers).toEqual(['resume replaces left']);
    expect(line()).toMatchObject({ rescue: 'recovering', answeredAt: 1000, digits: '12' });
    last().listener?.answered();
    await settled();
    expect(line()).toMatchObject({ rescue: 'none', answeredAt: 1000, hold: 'held', muted: true });
    expect(last().log).toEqual(['muted on', 'hold']);
    // Only once.
    cut();
    back();
    expect(phone.state.lines).toHaveLength(1);
  });
});
