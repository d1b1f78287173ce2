import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { failed } from '../model/call';
import { cause, type CauseCode } from '../model/causes';
import { settled } from '../testing/fake-agent';
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
  taken,
  tearDown,
} from '../testing/rescue-bench';

beforeEach(setUp);
afterEach(tearDown);

/** Refuses each try with this cause, at most so many times, while the call is up. */
async function refused(code: CauseCode, times: number): Promise<void> {
  for (let time = 0; time < times && phone.state.lines.length > 0; time += 1) {
    last().listener?.ended(failed(cause(code)));
    await vi.advanceTimersByTimeAsync(600);
  }
}

describe('a takeover', () => {
  it('ends the call for an unknown reason if the switch does not know it', async () => {
    const old = inCall();
    cut();
    vi.advanceTimersByTime(7_000);
    back();
    last().listener?.ended(failed(cause('unavailable')));
    await settled();
    expect(old.log).toEqual(['detach', 'hang up']);
    expect(phone.state.lines).toEqual([]);
    expect(phone.state.lastEnded).toMatchObject({ outcome: { kind: 'gone' }, seconds: 7 });
  });

  it('is retried for ten seconds where that may help', async () => {
    inCall();
    cut();
    back();
    last().listener?.ended(failed(cause('server-full')));
    expect(agent.calls).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(600);
    expect(agent.calls).toHaveLength(3);
    await taken();
    expect(line().rescue).toBe('none');
  });

  it('ends the call with the cause if it fails, for the other side too', async () => {
    const old = inCall();
    cut();
    back();
    await refused('server-error', 30);
    expect(old.log).toEqual(['detach', 'hang up']);
    expect(phone.knownCalls).toEqual([]);
    expect(phone.state.lastEnded?.outcome).toEqual(failed(cause('server-error')));
    const tries = agent.calls.length;
    expect(tries).toBeGreaterThan(15);
    // No further try.
    cut();
    back();
    expect(agent.calls).toHaveLength(tries);
  });

  it('ignores another call that answers late', async () => {
    inCall();
    cut();
    back();
    const late = last();
    await vi.advanceTimersByTimeAsync(6_000);
    expect(late.log).toEqual(['hang up']);
    late.listener?.answered();
    expect(line().rescue).toBe('recovering');
  });

  it('does not accept music of a catch-all extension of the dialplan, which rings first', async () => {
    inCall();
    cut();
    back();
    const music = last();
    music.listener?.progress({ ringing: true, media: false });
    await settled();
    expect(music.log).toEqual(['hang up']);
    expect(phone.state.lastEnded?.outcome).toEqual({ kind: 'gone' });
  });

  it('does not accept an announcement under the number that was called', async () => {
    const old = inCall();
    cut();
    back();
    const other = last();
    other.answeredBy = 'resume';
    other.listener?.answered();
    await settled();
    expect(other.log).toEqual(['hang up']);
    expect(old.log).toEqual(['detach', 'hang up']);
    expect(phone.state.lastEnded?.outcome).toEqual({ kind: 'gone' });
  });

  it('may ring if the other side itself answers', async () => {
    await opened('');
    inCall();
    cut();
    back();
    last().listener?.progress({ ringing: true, media: false });
    last().answeredBy = '1001';
    await taken();
    expect(line().rescue).toBe('none');
  });

  it('is retried while the other side has no connection either', async () => {
    await opened('');
    inCall();
    cut();
    back();
    await refused('not-found', 3);
    expect(agent.numbers.slice(1)).toEqual(Array(4).fill('1001 replaces id-1001'));
    await taken();
    expect(line().rescue).toBe('none');
  });

  it('ends soon if the phone at the other side is there and does not know the call', async () => {
    await opened('');
    inCall();
    cut();
    back();
    await refused('refused', 20);
    expect(agent.calls.length).toBeLessThan(10);
    expect(phone.state.lastEnded?.outcome).toEqual({ kind: 'gone' });
  });

  it('is retried if the switch ends the new call at once, because the other side was taken over too', async () => {
    const old = inCall();
    phone.setMuted(line().id, true);
    cut();
    back();
    last().listener?.answered();
    last().listener?.ended({ kind: 'normal' });
    expect(line()).toMatchObject({ rescue: 'recovering', muted: true });
    expect(isControlled(old)).toBe(true);
    await vi.advanceTimersByTimeAsync(1_000);
    expect(agent.numbers.slice(1)).toEqual(Array(2).fill('resume replaces id-1001'));
    await taken();
    expect(line()).toMatchObject({ rescue: 'none', muted: true });
    expect(last().log).toEqual(['muted on']);
    expect(old.log.at(-1)).toBe('discard');
  });

  it('ends if the switch ends the new call at once and does not know it then', async () => {
    inCall();
    cut();
    back();
    last().listener?.answered();
    last().listener?.ended({ kind: 'normal' });
    await vi.advanceTimersByTimeAsync(1_000);
    last().listener?.ended(failed(cause('unavailable')));
    await settled();
    expect(phone.state.lastEnded?.outcome).toEqual({ kind: 'gone' });
  });

  it('is not retried if the call was transferred right after it', async () => {
    inCall();
    cut();
    back();
    last().listener?.answered();
    phone.transfer(line().id, '1002');
    await settled();
    last().listener?.ended({ kind: 'normal' });
    await vi.advanceTimersByTimeAsync(2_000);
    expect(agent.calls).toHaveLength(2);
    expect(phone.state.lastEnded?.outcome.kind).toBe('handed-over');
  });

  it('survives a second broken connection during the takeover, and many more', async () => {
    inCall();
    for (let time = 0; time < 3; time += 1) {
      cut();
      back();
      const taking = last();
      taking.dialog = { callId: `again-${time}`, localTag: 'ours', remoteTag: 'theirs' };
      await taken();
    }
    cut();
    back();
    expect(agent.numbers.at(-1)).toBe('resume replaces again-2');
  });

  it('is not given up if the connection breaks before the answer', async () => {
    const old = inCall();
    cut();
    back();
    const taking = last();
    taking.dialog = { callId: 'asked', localTag: 'ours', remoteTag: '' };
    cut();
    expect(taking.log).toEqual(['discard']);
    taking.listener?.ended({ kind: 'normal' });
    expect(line().rescue).toBe('reconnecting');
    expect(old.log).toEqual([]);
    back();
    // The switch may have done it, and only the answer was lost.
    expect(agent.numbers.at(-1)).toBe('resume replaces asked');
    last().listener?.ended(failed(cause('unavailable')));
    expect(agent.numbers.at(-1)).toBe('resume replaces id-1001');
    await taken();
    expect(line().rescue).toBe('none');
    expect(old.log).toEqual(['detach', 'discard']);
  });

  it('is not given up if the connection breaks before the new call is confirmed', async () => {
    const old = inCall();
    cut();
    back();
    last().dialog = { callId: 'new', localTag: 'ours', remoteTag: 'theirs' };
    last().listener?.answered();
    cut();
    back();
    expect(agent.numbers.at(-1)).toBe('resume replaces new');
    last().listener?.ended(failed(cause('unavailable')));
    expect(agent.numbers.at(-1)).toBe('resume replaces id-1001');
    await taken();
    expect(line().rescue).toBe('none');
    expect(old.log.at(-1)).toBe('discard');
  });

  it('ends the call if the person ended it between two broken connections', () => {
    inCall();
    cut();
    back();
    cut();
    phone.hangUp(line().id);
    expect(phone.state.lines).toEqual([]);
    back();
    last().listener?.answered();
    vi.advanceTimersByTime(1_000);
    expect(last().log).toEqual(['hang up']);
  });

  it('stops if the person has ended the call and the switch does not know it', async () => {
    const old = inCall();
    cut();
    back();
    phone.hangUp(line().id);
    last().listener?.ended(failed(cause('unavailable')));
    await settled();
    cut();
    back();
    expect(agent.calls).toHaveLength(2);
    expect(old.log).toEqual(['close media', 'detach', 'hang up']);
    expect(phone.state.lastEnded?.outcome).toEqual({ kind: 'normal' });
  });
});
