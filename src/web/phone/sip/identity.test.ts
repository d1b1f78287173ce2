/* Who the other side is, in messages as FreeSWITCH 1.10.12 sends them, and other switches. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { FakeSession } from '../testing/fake-jssip';
import {
  callListener,
  calls,
  dialled,
  last,
  log,
  partsLoaded,
  registered,
  rung,
  setUp,
  tearDown,
} from '../testing/sip-bench';

vi.mock('jssip', () => import('../testing/fake-jssip'));

type Headers = Readonly<Record<string, string>>;

beforeEach(setUp);
afterEach(tearDown);

function message(headers: Headers): { getHeader(name: string): string | undefined } {
  return { getHeader: (name) => headers[name] };
}

function hears(session: FakeSession, event: 'update' | 'reinvite', headers: Headers): void {
  const request = { ...message(headers), body: 'v=0' };
  Object.assign(session, { isOnHold: () => ({ local: false, remote: false }) });
  session.emit(event, { request, reject: vi.fn() });
}

function info(session: FakeSession, name: string, number: string, originator = 'remote'): void {
  const headers = { 'X-FS-Display-Name': name, 'X-FS-Display-Number': number };
  session.emit('newInfo', { originator, request: message(headers) });
}

describe('the other side', () => {
  it.each([
    ['"Carol Cedar" <sip:1003@pbx.test>', 'Carol Cedar 1003'],
    ['Carol <sip:1003@pbx.test>;party=called', 'Carol 1003'],
    ['sip:1003@pbx.test', '1003'],
    ['<sips:1003@[2001:db8::1]:5061;transport=wss>', '1003'],
    ['"Carol \\"C\\" Cedar" <tel:+49-30-123;phone-context=x>', 'Carol "C" Cedar +49-30-123'],
    ['"<b>Eve</b>\u202E" <sip:%2B4930@x>', '<b>Eve</b> +4930'],
    ['<sip:10%ZZ@x>', '10%ZZ'],
    ['"Outbound Call" <sip:1003@pbx.test>', '1003'],
    ['"Anonymous" <sip:anonymous@anonymous.invalid>', 'anonymous'],
  ])('is read from %s', async (value, expected) => {
    const { session } = await dialled();
    hears(session, 'update', { 'P-Asserted-Identity': value });
    expect(log).toEqual([`moved to ${expected}`]);
  });

  it('is not read from a text that is no address', async () => {
    const { session } = await dialled();
    hears(session, 'update', { 'P-Asserted-Identity': '<' });
    expect(log).toEqual([]);
  });

  it('is who FreeSWITCH reports by INFO, with a name only if it knows one', async () => {
    const { session } = await dialled();
    info(session, 'Carol Cedar', '1003');
    info(session, 'Outbound Call', '1004');
    info(session, 'Ours', '1005', 'local');
    expect(log).toEqual(['moved to Carol Cedar 1003', 'moved to 1004']);
  });

  it('is never this phone itself, which FreeSWITCH reports after a takeover', async () => {
    const { session } = await dialled();
    info(session, 'Ours', '1000');
    expect(log).toEqual([]);
  });

  it('is who answers or is called, as the responses say', async () => {
    const { session } = await dialled();
    const party = (number: string): Headers => ({
      'X-FS-Display-Name': number,
      'X-FS-Display-Number': `sip:${number}@pbx.test`,
      'Remote-Party-ID': `"${number}" <sip:${number}@pbx.test>;party=calling;privacy=off`,
    });
    session.emit('progress', { response: { status_code: 183, body: '', ...message(party('1')) } });
    session.emit('accepted', { response: message(party('2')) });
    session.emit('accepted', { response: null });
    expect(log.filter((line) => line.startsWith('moved'))).toEqual(['moved to 1', 'moved to 2']);
  });

  it('is another one when From changes in the dialog (RFC 4916)', async () => {
    const { session } = await dialled();
    hears(session, 'reinvite', { From: 'Ann <sip:1001@pbx.test>;tag=1' });
    hears(session, 'reinvite', { From: '"Carol" <sip:1003@pbx.test>;tag=1' });
    hears(session, 'reinvite', { From: '"Carol" <sip:1003@pbx.test>;tag=1' });
    expect(log).toEqual(['moved to Carol 1003']);
  });

  it('stays the same when a switch repeats what was so at the beginning', async () => {
    const party = '"Ann" <sip:1001@pbx.test>;party=calling;privacy=off';
    const session = rung(registered().ua, { 'Remote-Party-ID': party });
    await partsLoaded();
    info(session, 'Carol', '1003');
    hears(session, 'reinvite', { 'Remote-Party-ID': party });
    expect(log).toEqual(['moved to Carol 1003']);
  });

  it.each([
    { 'P-Asserted-Identity': '"Ann" <sip:1001@x>', Privacy: 'id' },
    { 'P-Asserted-Identity': '"Ann" <sip:1001@x>', Privacy: 'critical;user' },
    { 'Remote-Party-ID': '"Ann" <sip:1001@x>;party=calling;privacy=full' },
    { 'Remote-Party-ID': '"Ann" <sip:1001@x>;privacy=uri' },
  ])('is withheld by %o', async (headers) => {
    const { session } = await dialled();
    hears(session, 'update', headers);
    expect(log).toEqual(['moved to anonymous']);
    rung(registered().ua, headers);
    expect(last(calls).remote).toEqual({ name: '', number: 'anonymous' });
  });

  it('is shown without the name that is withheld, and with all where nothing is', async () => {
    const { session } = await dialled();
    hears(session, 'update', { 'Remote-Party-ID': '"Ann" <sip:1003@x>;privacy=name' });
    hears(session, 'update', { 'P-Asserted-Identity': '"Carol" <sip:1004@x>', Privacy: 'none' });
    expect(log).toEqual(['moved to 1003', 'moved to Carol 1004']);
  });

  it('is not named by the responses of a takeover, but by what follows', async () => {
    const { agent, ua } = registered();
    const dialog = { callId: 'old', localTag: 'mine', remoteTag: 'yours' };
    agent.takeOver('resume', dialog, { name: 'Ann', number: '1001' }, callListener);
    await vi.advanceTimersByTimeAsync(0);
    await partsLoaded();
    const session = last(ua.sessions);
    session.emit('accepted', { response: message({ 'P-Asserted-Identity': '<sip:resume@x>' }) });
    info(session, 'Carol', '1003');
    expect(log).toEqual(['answered', 'moved to Carol 1003']);
  });
});

it('asks FreeSWITCH to report who the other side is, in each INVITE and answer', async () => {
  const { ua } = await dialled();
  expect(ua.log).toContain('X-FS-Support: update_display');
  const session = rung(ua);
  const answer = vi.spyOn(session, 'answer');
  last(calls).answer();
  await vi.advanceTimersByTimeAsync(0);
  expect(answer.mock.calls[0]?.[0]).toMatchObject({
    extraHeaders: ['X-FS-Support: update_display'],
  });
});
