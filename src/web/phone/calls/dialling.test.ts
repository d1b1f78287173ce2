/* What is dialled for a number, and the tones that follow. */
import { describe, expect, it } from 'vitest';
import { DialPlan } from '../model/numbers/dial-plan';
import { bench } from '../testing/bench-calls';
import { settled } from '../testing/fake-agent';

const germany = { code: '49', trunk: '0', international: '00', shortest: 5, longest: 13 };
const { dialled } = new DialPlan({ ...germany, outside: '0' });

it('asks the switch for the number of the dial plan, and shows the number of the person', () => {
  const { phone, agent } = bench({ dialled });
  phone.call('\u202A+49 (0)30 1234567\u202C');
  expect(agent.numbers).toEqual(['00301234567']);
  expect(phone.state.lines[0]).toMatchObject({
    remote: { name: '', number: '+49301234567' },
    target: '00301234567',
  });
  expect(phone.state.lastDialled).toBe('+49301234567');
});

it('dials a number of the history as it was dialled before', () => {
  const { phone, agent } = bench({ dialled });
  phone.call('030 1234567,,56#');
  agent.calls[0]?.listener?.ended({ kind: 'normal' });
  phone.call(phone.state.lastEnded?.remote.number ?? '');
  expect(agent.numbers).toEqual(['00301234567', '00301234567']);
  agent.calls[1]?.listener?.ended({ kind: 'normal' });
  expect(phone.state.lastDialled).toBe('0301234567');
});

it('does not call several numbers, and says so', () => {
  const { phone, agent } = bench({ dialled });
  phone.call('030 1234567 / 030 7654321');
  expect(agent.numbers).toEqual([]);
  expect(phone.state.lastEnded?.outcome).toMatchObject({ cause: { code: 'invalid-number' } });
});

it('calls a conference room as it stands', async () => {
  const { phone, agent, up } = bench({ dialled, roomName: () => Promise.resolve('3001abcdef') });
  await up('1001');
  await up('1002');
  phone.merge();
  await settled();
  expect(agent.numbers.at(-1)).toBe('3001abcdef');
});

describe('tones of a number', () => {
  it('are sent after the answer, and shown as sent', async () => {
    const { phone, up, agent } = bench({ dialled });
    phone.call('030 1234567 ext. 56');
    expect(phone.state.lines[0]).toMatchObject({ tones: ',56', digits: '' });
    expect(agent.calls[0]?.log).toEqual([]);
    agent.calls[0]?.listener?.answered();
    expect(agent.calls[0]?.log).toEqual(['digits ,56']);
    expect(phone.state.lines[0]).toMatchObject({ tones: '', digits: '56' });
    agent.calls[0]?.listener?.ended({ kind: 'normal' });
    const { call } = await up('1001');
    expect(call.log).toEqual([]);
  });

  it('wait for the person where the number says so', async () => {
    const { phone, up, line } = bench({ dialled });
    const { id, call } = await up('0301234567,,56#w1234w99');
    expect(call.log).toEqual(['digits ,,56#']);
    expect(line(id)?.tones).toBe('1234w99');
    phone.hold(id);
    await settled();
    phone.sendTones(id);
    expect(line(id)?.tones).toBe('1234w99');
    phone.resume(id);
    await settled();
    phone.sendTones(id);
    phone.sendTones(id);
    phone.sendTones(id);
    expect(call.log.filter((what) => what.startsWith('digits'))).toEqual([
      'digits ,,56#',
      'digits 1234',
      'digits 99',
    ]);
    expect(line(id)).toMatchObject({ tones: '', digits: '56#123499' });
  });

  it('come before those of the pad, and stay with a consultation', async () => {
    const { phone, up, agent } = bench({ dialled });
    const { id } = await up('1001');
    phone.consult(id, '030 1234567 x7');
    agent.calls[1]?.listener?.answered();
    expect(agent.calls[1]?.log).toEqual(['digits ,7']);
  });
});

it('transfers to the number of the dial plan, and not to several numbers', async () => {
  const { phone, up, line } = bench({ dialled });
  const { id, call } = await up('1001');
  phone.transfer(id, '030 1234567\n030 7654321');
  await settled();
  expect(line(id)?.transfer).toMatchObject({ state: 'failed', cause: { code: 'invalid-number' } });
  phone.transfer(id, '+49 30 1234567');
  await settled();
  expect(call.log).toEqual(['transfer 00301234567']);
  expect(line(id)?.transfer).toMatchObject({ target: { number: '+49301234567' } });
});
