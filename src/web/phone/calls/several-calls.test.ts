import { describe, expect, it, vi } from 'vitest';
import { failed } from '../model/call';
import { cause } from '../model/causes';
import { bench } from '../testing/bench-calls';
import { FakeCall, settled } from '../testing/fake-agent';

describe('a second incoming call', () => {
  it('waits with a tone of its own, and does not affect the first', async () => {
    const { up, ring, shown, sounds } = bench();
    const first = await up('1001');
    ring('1002');
    expect(sounds.at(-1)).toBe('waiting');
    expect(shown()).toEqual(['*1001 active', '1002 ringing']);
    expect(first.call.log).toEqual([]);
  });

  it('can be answered while the first is held', async () => {
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

  it('can be answered while the first is ended', async () => {
    const { phone, up, ring, shown } = bench();
    const first = await up('1001');
    const second = ring('1002');
    phone.answer(second.id, 'end');
    second.call.listener?.answered();
    expect(first.call.log).toEqual(['hang up']);
    expect(shown()).toEqual(['*1002 active']);
  });

  it('can be declined, with or without a busy response', async () => {
    const { phone, up, ring } = bench();
    await up('1001');
    const second = ring('1002');
    phone.decline(second.id);
    const third = ring('1003');
    phone.decline(third.id, 'busy');
    expect(second.call.log).toEqual(['reject declined']);
    expect(third.call.log).toEqual(['reject busy']);
  });

  it('ends an outgoing call that is not answered yet, when it is answered', () => {
    const { phone, agent, ring, shown } = bench();
    phone.call('1001');
    const second = ring('1002');
    phone.answer(second.id);
    expect(agent.calls[0]?.log).toEqual(['hang up']);
    expect(shown()).toEqual(['*1002 answering']);
  });

  it('can still be answered when the first ends', async () => {
    const { up, ring, shown, sounds } = bench();
    const first = await up('1001');
    ring('1002');
    first.call.listener?.ended({ kind: 'normal' });
    expect(shown()).toEqual(['*1002 ringing']);
    expect(sounds.at(-1)).toBe('ringing');
  });

  it('gets a busy response if there are too many lines', () => {
    const { ring, shown } = bench();
    const calls = Array.from({ length: 9 }, (_, index) => ring(`100${index}`).call);
    expect(shown()).toHaveLength(8);
    expect(calls.at(-1)?.log).toEqual(['reject busy']);
  });
});

describe('do not disturb and intercom', () => {
  it('rejects calls without ringing and reports them as missed', () => {
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

  it('answers an intercom automatically only where that is allowed, and never during a call', async () => {
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
  it('is requested once at a time, and the last wanted state counts', async () => {
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
    expect(call.hasOpenRequest).toBe(false);
  });

  it('leaves the call as it was if it is refused', async () => {
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

  it('is dropped when the other side hangs up meanwhile', async () => {
    const { phone, agent, up, shown } = bench();
    agent.prompt = false;
    const { id, call } = await up('1001');
    phone.hold(id);
    call.listener?.ended({ kind: 'normal' });
    await call.reply(false);
    expect(shown()).toEqual([]);
  });

  it('leaves one line active: a new call and a swap hold the others', async () => {
    const { phone, up, shown } = bench();
    const first = await up('1001');
    await up('1002');
    expect(shown()).toEqual(['1001 active held', '*1002 active']);
    phone.swapTo(first.id);
    await settled();
    expect(shown()).toEqual(['*1001 active', '1002 active held']);
  });

  it('prevents sending digits', async () => {
    const { phone, up } = bench();
    const { id, call } = await up('1001');
    phone.hold(id);
    await settled();
    phone.sendDigits(id, '12');
    expect(call.log).toEqual(['hold']);
  });
});

describe('a blind transfer', () => {
  it('is handed over, whether or not the target answers, and the call is left', async () => {
    const { phone, agent, up, line } = bench();
    agent.prompt = false;
    const { id, call } = await up('1001');
    phone.transfer(id, ' 1002 ');
    phone.transfer(id, '1003');
    expect(line(id)?.transfer).toMatchObject({ state: 'requested', target: { number: '1002' } });
    await call.reply(true);
    expect(line(id)?.transfer?.state).toBe('handed-over');
    call.listener?.ended({ kind: 'normal' });
    expect(call.log).toEqual(['transfer 1002']);
    expect(phone.state.lastEnded?.outcome).toEqual({
      kind: 'handed-over',
      target: { name: '', number: '1002' },
    });
  });

  it('reports why it failed, and resumes the call when it is cancelled', async () => {
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
  it('connects the two lines, and leaves both', async () => {
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
    // The first line is being transferred too, so it is not resumed.
    expect(first.call.log).not.toContain('resume');
    first.call.listener?.ended({ kind: 'normal' });
    expect(phone.state.lines).toEqual([]);
  });

  it('lets the target ring for the other side if it still rings', async () => {
    const { phone, agent, up } = bench();
    const first = await up('1001');
    phone.consult(first.id, '1002');
    phone.completeTransfer(first.id, phone.state.lines[1]?.id ?? 0);
    await settled();
    expect(agent.calls[1]?.log).toEqual(['hang up']);
    expect(first.call.log).toEqual(['hold', 'transfer 1002']);
  });

  it.each(['busy', 'declined', 'not-found'] as const)(
    'resumes the call when the target is %s',
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

  it('can be cancelled, which ends the consultation and resumes the call', async () => {
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

  it('leaves an ordinary call when the held side hangs up', async () => {
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
  it('calls the room first, and then transfers every call to it', async () => {
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

  it('can be tried again if there was no room name', async () => {
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

  it('can add another call later, and needs two calls', async () => {
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

describe('events of the switch', () => {
  it('are shown: waiting messages, presence of watched extensions, the connection', () => {
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
