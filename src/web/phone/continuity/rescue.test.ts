import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { failed } from '../model/call';
import { cause } from '../model/causes';
import { settled } from '../testing/fake-agent';
import {
  agent,
  back,
  cut,
  inCall,
  last,
  line,
  opened,
  phone,
  setUp,
  taken,
  tearDown,
} from '../testing/rescue-bench';

beforeEach(setUp);
afterEach(tearDown);

describe('a call whose WebSocket breaks', () => {
  it('goes on, and is taken over as soon as the phone is registered again', async () => {
    const old = inCall();
    const before = line();
    cut();
    expect(line().rescue).toBe('reconnecting');
    expect(old.log).toEqual([]);

    back();
    expect(agent.numbers.at(-1)).toBe('resume replaces id-1001');
    expect(line().rescue).toBe('recovering');
    await taken();

    expect(old.log).toEqual(['detach', 'discard']);
    expect(line()).toEqual(before);
    last().listener?.ended({ kind: 'normal' });
    expect(phone.state.lines).toEqual([]);
    expect(phone.state.lastEnded).toMatchObject({ outcome: { kind: 'normal' } });
  });

  it('keeps its audio until the new call is confirmed', async () => {
    const old = inCall();
    cut();
    back();
    last().listener?.answered();
    await vi.advanceTimersByTimeAsync(1_000);
    expect(line().rescue).toBe('none');
    expect(old.log).toEqual(['detach']);
  });

  it('waits for the caller if this side was called, because both connections may have broken', async () => {
    const call = agent.ring();
    phone.answer(line().id);
    call.dialog = { callId: 'in', localTag: 'ours', remoteTag: 'theirs' };
    call.listener?.answered();
    cut();
    back();
    expect(agent.numbers).toEqual([]);
    expect(line().rescue).toBe('recovering');
    await vi.advanceTimersByTimeAsync(500);
    expect(agent.numbers).toEqual(['resume replaces in']);
  });

  it('is taken over by a call to the other side if there is no recovery number', async () => {
    await opened('');
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

  it('gets no requests while it is disconnected, and the last wanted hold afterwards', async () => {
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

  it('ends at once for the person, and for the other side when that is possible', () => {
    const old = inCall();
    cut();
    phone.hangUp(line().id);
    expect(old.log).toEqual(['close media']);
    expect(phone.state.lines).toEqual([]);
    expect(phone.state.lastEnded).toMatchObject({ outcome: { kind: 'normal' } });

    back();
    expect(old.log).toEqual(['close media', 'hang up']);
    expect(agent.calls).toHaveLength(1);
    expect(phone.state.lines).toEqual([]);
  });

  it('ends when the switch has moved it, if the person ends it during the takeover', () => {
    const old = inCall();
    cut();
    back();
    phone.hangUp(line().id);
    expect(old.log).toEqual(['close media']);
    expect(phone.state.lines).toEqual([]);
    last().listener?.answered();
    expect(last().log).toEqual([]);
    vi.advanceTimersByTime(1_000);
    expect(last().log).toEqual(['hang up']);
    expect(phone.state.lines).toEqual([]);
  });

  it('ends when the switch has moved it, if the person ends it right after the rescue', async () => {
    const old = inCall();
    cut();
    back();
    last().listener?.answered();
    phone.hangUp(line().id);
    expect(phone.state.lines).toEqual([]);
    expect(last().log).toEqual(['close media']);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(last().log).toEqual(['close media', 'hang up']);
    expect(old.log).toEqual(['detach', 'close media', 'discard']);
    expect(agent.calls).toHaveLength(2);
  });

  it('goes on when its old dialog ends before the takeover is answered', async () => {
    const old = inCall();
    cut();
    back();
    old.listener?.ended({ kind: 'normal' });
    expect(phone.state.lines).toHaveLength(1);
    last().listener?.answered();
    await settled();
    expect(line().rescue).toBe('none');
  });

  it('ends if the other side ends it during the takeover', async () => {
    const old = inCall();
    cut();
    back();
    old.listener?.ended({ kind: 'normal' });
    last().listener?.ended(failed(cause('not-found')));
    await settled();
    expect(phone.state.lines).toEqual([]);
  });

  it('survives together with a second call', async () => {
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
