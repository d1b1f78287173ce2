import { describe, expect, it, vi } from 'vitest';
import { failed } from '../model/call';
import { cause } from '../model/causes';
import { bench } from '../testing/bench-calls';
import { FakeCall, settled } from '../testing/fake-agent';

describe('a second call that comes in', () => {
  it('waits with a tone of its own, and leaves the first alone', async () => {
    const { up, ring, shown, sounds } = bench();
    const first = await up('1001');
    ring('1002');
    expect(sounds.at(-1)).toBe('waiting');
    expect(shown()).toEqual(['*1001 active', '1002 ringing']);
    expect(first.call.log).toEqual([]);
  });

  it('is answered, and the first is held', async () => {
    const { phone, up, ring, shown } = bench();
    const first = await up('1001');
    const second = ring('1002');
    phone.answer(second.id);
    second.call.listener?.answered();
    await settled();
    expect(first.call.log).toEqual(['hold']);
    expect(second.call.log).toEqual(['answer']);
    expect(shown()).toEqual(['1001 active held', '*1002 active']);
  });

  it('is answered, and the first is ended', async () => {
    const { phone, up, ring, shown } = bench();
    const first = await up('1001');
    const second = ring('1002');
    phone.answer(second.id, 'end');
    second.call.listener?.answered();
    expect(first.call.log).toEqual(['hang up']);
    expect(shown()).toEqual(['*1002 active']);
  });

  it('is declined, or told that we are busy', async () => {
    const { phone, up, ring } = bench();
    await up('1001');
    const second = ring('1002');
    phone.decline(second.id);
    const third = ring('1003');
    phone.decline(third.id, 'busy');
    expect(second.call.log).toEqual(['reject declined']);
    expect(third.call.log).toEqual(['reject busy']);
  });

  it('ends a call of ours that nobody has answered yet, when it is taken', () => {
    const { phone, agent, ring, shown } = bench();
    phone.call('1001');
    const second = ring('1002');
    phone.answer(second.id);
    expect(agent.calls[0]?.log).toEqual(['hang up']);
    expect(shown()).toEqual(['*1002 answering']);
  });

  it('stays to be answered when the first ends', async () => {
    const { up, ring, shown, sounds } = bench();
    const first = await up('1001');
    ring('1002');
    first.call.listener?.ended({ kind: 'normal' });
    expect(shown()).toEqual(['*1002 ringing']);
    expect(sounds.at(-1)).toBe('ringing');
  });

  it('is busy beyond the number of lines that a person can handle', () => {
    const { ring, shown } = bench();
    const calls = Array.from({ length: 9 }, (_, index) => ring(`100${index}`).call);
    expect(shown()).toHaveLength(8);
    expect(calls.at(-1)?.log).toEqual(['reject busy']);
  });
});

describe('do not disturb and intercom', () => {
  it('turns calls away without a ring and tells of them as missed', () => {
    const { phone, agent, sounds } = bench();
    phone.setDoNotDisturb(true);
    const call = agent.ring(new FakeCall('in', { name: '', number: '1002' }));
    expect(call.log).toEqual(['reject busy']);
    expect(sounds).not.toContain('ringing');
    expect(phone.state.lastEnded).toMatchObject({
      direction: 'in',
      remote: { number: '1002' },
      outcome: { kind: 'missed' },
    });
  });

  it('answers an intercom by itself only where that is allowed, and never beside a call', async () => {
    const intercom = (): FakeCall => {
      const call = new FakeCall('in');
      call.isIntercom = true;
      return call;
    };
    const forbidden = bench();
    expect(forbidden.agent.ring(intercom()).log).toEqual([]);
    const allowed = bench({ autoAnswer: () => true });
    expect(allowed.agent.ring(intercom()).log).toEqual(['answer']);
    expect(allowed.sounds).toContain('announced');
    const talking = bench({ autoAnswer: () => true });
    await talking.up('1001');
    expect(talking.agent.ring(intercom()).log).toEqual([]);
    expect(talking.sounds).not.toContain('announced');
  });
});

describe('hold', () => {
  it('is asked for once at a time, and the last wish counts', async () => {
    const { phone, agent, up, line } = bench();
    agent.prompt = false;
    const { id, call } = await up('1001');
    phone.hold(id);
    expect(line(id)?.hold).toBe('holding');
    phone.resume(id);
    phone.hold(id);
    phone.resume(id);
    expect(call.log).toEqual(['hold']);
    await call.reply(true);
    expect(call.log).toEqual(['hold', 'resume']);
    expect(line(id)?.hold).toBe('resuming');
    await call.reply(true);
    expect(line(id)?.hold).toBe('no');
    expect(call.isAsked).toBe(false);
  });

  it('that is refused leaves the call as it was', async () => {
    const { phone, agent, up, line } = bench();
    agent.prompt = false;
    const { id, call } = await up('1001');
    phone.hold(id);
    await call.reply(false);
    expect(line(id)).toMatchObject({ state: 'active', hold: 'no' });
    phone.hold(id);
    await call.reply(true);
    phone.resume(id);
    await call.reply(false);
    expect(line(id)).toMatchObject({ state: 'active', hold: 'held' });
  });

  it('is forgotten when the other side hangs up meanwhile', async () => {
    const { phone, agent, up, shown } = bench();
    agent.prompt = false;
    const { id, call } = await up('1001');
    phone.hold(id);
    call.listener?.ended({ kind: 'normal' });
    await call.reply(false);
    expect(shown()).toEqual([]);
  });

  it('lets one line speak: a new call and a swap hold the others', async () => {
    const { phone, up, shown } = bench();
    const first = await up('1001');
    await up('1002');
    expect(shown()).toEqual(['1001 active held', '*1002 active']);
    phone.swapTo(first.id);
    await settled();
    expect(shown()).toEqual(['*1001 active', '1002 active held']);
  });

  it('sends no digits into a held call', async () => {
    const { phone, up } = bench();
    const { id, call } = await up('1001');
    phone.hold(id);
    await settled();
    phone.sendDigits(id, '12');
    expect(call.log).toEqual(['hold']);
  });
});

describe('a blind transfer', () => {
  it('is handed over, never answered, and the call is left', async () => {
    const { phone, agent, up, line } = bench();
    agent.prompt = false;
    const { id, call } = await up('1001');
    phone.transfer(id, ' 1002 ');
    phone.transfer(id, '1003');
    expect(line(id)?.transfer).toMatchObject({ state: 'asking', target: { number: '1002' } });
    await call.reply(true);
    expect(line(id)?.transfer?.state).toBe('handed-over');
    call.listener?.ended({ kind: 'normal' });
    expect(call.log).toEqual(['transfer 1002']);
    expect(phone.state.lastEnded?.outcome).toEqual({
      kind: 'handed-over',
      target: { name: '', number: '1002' },
    });
  });

  it('that fails says why, and cancelling takes the call up again', async () => {
    const { phone, agent, up, line } = bench();
    agent.prompt = false;
    const { id, call } = await up('1001');
    phone.transfer(id, '1002');
    await call.reply(false);
    expect(line(id)?.transfer).toMatchObject({ state: 'failed', cause: { code: 'busy' } });
    phone.cancelTransfer(id);
    expect(line(id)).toMatchObject({ transfer: null, state: 'active', hold: 'no' });
  });
});

describe('an attended transfer', () => {
  it('connects the two, and leaves both', async () => {
    const { phone, agent, up, shown } = bench();
    const first = await up('1001');
    phone.consult(first.id, '1002');
    const to = phone.state.lines[1]?.id ?? 0;
    const second = agent.calls[1];
    second?.listener?.answered();
    await settled();
    expect(shown()).toEqual(['1001 active held', '*1002 active']);
    phone.completeTransfer(first.id, to);
    await settled();
    expect(first.call.log).toEqual(['hold', 'transfer to the call with 1002']);
    second?.listener?.ended({ kind: 'normal' });
    await settled();
    // The first is on its way out too, so it is not taken up again.
    expect(first.call.log).not.toContain('resume');
    first.call.listener?.ended({ kind: 'normal' });
    expect(phone.state.lines).toEqual([]);
  });

  it('while the target still rings lets it ring for the other side', async () => {
    const { phone, agent, up } = bench();
    const first = await up('1001');
    phone.consult(first.id, '1002');
    phone.completeTransfer(first.id, phone.state.lines[1]?.id ?? 0);
    await settled();
    expect(agent.calls[1]?.log).toEqual(['hang up']);
    expect(first.call.log).toEqual(['hold', 'transfer 1002']);
  });

  it.each(['busy', 'declined', 'not-found'] as const)(
    'takes the call up again when the target is %s',
    async (why) => {
      const { phone, agent, up, shown } = bench();
      const first = await up('1001');
      phone.consult(first.id, '1002');
      await settled();
      agent.calls[1]?.listener?.ended(failed(cause(why)));
      await settled();
      expect(shown()).toEqual(['*1001 active']);
      expect(phone.state.lastEnded?.outcome).toMatchObject({ cause: { code: why } });
    },
  );

  it('is cancelled: the target is left, and the call taken up again', async () => {
    const { phone, agent, up, shown } = bench();
    const first = await up('1001');
    phone.consult(first.id, '1002');
    agent.calls[1]?.listener?.answered();
    await settled();
    phone.cancelTransfer(phone.state.openLine ?? 0);
    await settled();
    expect(agent.calls[1]?.log).toEqual(['hang up']);
    expect(shown()).toEqual(['*1001 active']);
  });

  it('becomes a plain call when the one that was held hangs up', async () => {
    const { phone, agent, up, shown, line } = bench();
    const first = await up('1001');
    phone.consult(first.id, '1002');
    agent.calls[1]?.listener?.answered();
    await settled();
    first.call.listener?.ended({ kind: 'normal' });
    expect(shown()).toEqual(['*1002 active']);
    expect(line(phone.state.openLine ?? 0)?.consults).toBeNull();
  });
});

describe('a conference', () => {
  it('calls the room first, and then sends every call that is up there', async () => {
    const { phone, agent, up } = bench();
    const first = await up('1001');
    const second = await up('1002');
    phone.merge();
    phone.merge();
    await settled();
    expect(agent.numbers).toEqual(['1001', '1002', '3047']);
    expect(first.call.log).toEqual(['hold']);
    agent.calls[2]?.listener?.answered();
    await settled();
    expect(first.call.log).toEqual(['hold', 'transfer 3047']);
    expect(second.call.log).toEqual(['transfer 3047']);
    expect(phone.state.lines.at(-1)).toMatchObject({ conference: '3047', state: 'active' });
  });

  it('loses no call where the switch has no room', async () => {
    const { phone, agent, up, shown } = bench();
    await up('1001');
    await up('1002');
    phone.merge();
    await settled();
    agent.calls[2]?.listener?.ended(failed(cause('not-found')));
    await settled();
    expect(shown()).toEqual(['1001 active held', '*1002 active']);
    expect(phone.state.lastEnded?.outcome).toMatchObject({ cause: { code: 'not-found' } });
  });

  it('can be asked for again where no name of a room could be had', async () => {
    const roomName = vi.fn(() => Promise.resolve('3047'));
    roomName.mockRejectedValueOnce(new Error('the server is away'));
    const { phone, agent, up } = bench({ roomName });
    await up('1001');
    await up('1002');
    phone.merge();
    await settled();
    phone.merge();
    await settled();
    expect(agent.numbers).toEqual(['1001', '1002', '3047']);
  });

  it('takes another call in later, and needs two', async () => {
    const { phone, agent, up } = bench();
    const first = await up('1001');
    phone.merge();
    await settled();
    expect(agent.numbers).toEqual(['1001']);
    await up('1002');
    phone.merge();
    await settled();
    agent.calls[2]?.listener?.answered();
    await settled();
    first.call.listener?.ended({ kind: 'normal' });
    agent.calls[1]?.listener?.ended({ kind: 'normal' });
    const third = await up('1003');
    phone.merge();
    await settled();
    expect(agent.numbers).toEqual(['1001', '1002', '3047', '1003']);
    expect(third.call.log).toEqual(['transfer 3047']);
  });
});

describe('what the switch tells', () => {
  it('is shown: waiting messages, presence of those watched, the connection', () => {
    const { phone, agent } = bench();
    phone.watch(['1001']);
    expect(agent.watched).toEqual(['1001']);
    expect(phone.state.presence.get('1001')).toBe('unknown');
    agent.listener.presence('1001', 'busy');
    agent.listener.voicemail({ fresh: 2, old: 1, account: '' });
    agent.listener.connected(true);
    expect(phone.state.presence.get('1001')).toBe('busy');
    expect(phone.state.voicemail?.fresh).toBe(2);
    expect(phone.state.connected).toBe(true);
    phone.unregister();
    expect(phone.state).toMatchObject({ voicemail: null, connected: false });
    expect(phone.state.presence.get('1001')).toBe('unknown');
  });
});
