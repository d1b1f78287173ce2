import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeSession, type UA } from '../testing/fake-jssip';
import {
  callListener,
  calls,
  dialled,
  getUserMedia,
  log,
  outcomes,
  registered,
  rung,
  setUp,
  tearDown,
  track,
  wish,
} from '../testing/sip-bench';

vi.mock('jssip', () => import('../testing/fake-jssip'));

beforeEach(setUp);
afterEach(tearDown);

describe('an outgoing call', () => {
  it('opens the microphone and sends the INVITE', async () => {
    const { ua, call } = await dialled();
    expect(ua.log).toContain('call 1001 {"iceServers":[]}');
    expect(call.remote).toEqual({ name: '', number: '1001' });
  });

  it('reports ringing, early media and the answer', async () => {
    const { session } = await dialled();
    session.emit('progress', { originator: 'remote', response: { status_code: 183, body: null } });
    session.emit('progress', { originator: 'remote', response: { status_code: 180, body: '' } });
    session.emit('progress', { originator: 'remote', response: { status_code: 183, body: 'v=0' } });
    session.emit('accepted', { originator: 'remote' });
    expect(log).toEqual([
      'progress false false',
      'progress true false',
      'progress true true',
      'answered',
    ]);
  });

  it('ends with the cause, once, and releases the microphone', async () => {
    const { session, call } = await dialled();
    session.finish('failed', {
      originator: 'remote',
      cause: 'Busy',
      message: { status_code: 486 },
    });
    call.hangUp();
    expect(log).toEqual(['busy']);
    await vi.advanceTimersByTimeAsync(0);
    expect(track.stop).toHaveBeenCalled();
  });

  it('ends normally when we hang up', async () => {
    const { session, call } = await dialled();
    call.hangUp();
    expect(session.log).toEqual(['terminate']);
    expect(log).toEqual(['normal']);
  });

  it('refuses a REFER of the other side', async () => {
    const { session } = await dialled();
    const reject = vi.fn();
    session.emit('refer', { accept: vi.fn(), reject });
    expect(reject).toHaveBeenCalledOnce();
  });

  it('changes the direction of its own audio only', async () => {
    const { session } = await dialled();
    const sdp = 'v=0\r\na=sendrecv\r\nm=audio 9 RTP/SAVPF 0\r\na=sendonly\r\n';
    const ours = { originator: 'local', sdp };
    const theirs = { originator: 'remote', sdp };
    session.emit('sdp', ours);
    session.emit('sdp', theirs);
    expect(ours.sdp).toBe(sdp.replace('a=sendrecv\r\n', ''));
    expect(theirs.sdp).toBe(sdp);
  });

  it('fails without a microphone, and sends nothing', async () => {
    getUserMedia.mockRejectedValue(new DOMException('', 'NotAllowedError'));
    const { agent, ua } = registered();
    agent.call('1001', callListener);
    await vi.advanceTimersByTimeAsync(0);
    expect(log).toEqual(['microphone-denied']);
    expect(ua.sessions).toEqual([]);
  });

  it('is never sent when it was hung up while the browser asked for the microphone', async () => {
    const { agent, ua } = registered();
    const call = agent.call('1001', callListener);
    call.hangUp();
    await vi.advanceTimersByTimeAsync(0);
    expect(log).toEqual(['normal']);
    expect(ua.sessions).toEqual([]);
    expect(track.stop).toHaveBeenCalled();
  });

  it('is never sent when the phone was stopped meanwhile', async () => {
    const { agent, ua } = registered();
    agent.call('1001', callListener);
    agent.stop();
    await vi.advanceTimersByTimeAsync(0);
    expect(ua.sessions).toEqual([]);
  });

  it('fails with a message when the number is not a valid address', async () => {
    const { agent, ua } = registered();
    ua.badTarget = true;
    agent.call('sip:@', callListener);
    await vi.advanceTimersByTimeAsync(0);
    expect(log).toEqual(['invalid-number']);
    expect(track.stop).toHaveBeenCalled();
  });

  it('distinguishes a lost connection from a hang-up, though JsSIP reports Canceled for both', async () => {
    const { ua, session } = await dialled();
    ua.connected = false;
    session.finish('failed', { originator: 'local', cause: 'Canceled', message: null });
    expect(log).toEqual(['connection-lost']);
  });

  it('reports that the audio was lost when ICE failed', async () => {
    const { session } = await dialled();
    const { connection } = session;
    connection.iceConnectionState = 'failed';
    connection.dispatchEvent(new Event('iceconnectionstatechange'));
    expect(log).toEqual(['audio-lost']);
  });

  it('is sent soon after the first candidate, and ended when there is none', async () => {
    const { session } = await dialled();
    const ready = vi.fn();
    session.connection.gathering();
    session.emit('icecandidate', { candidate: { type: 'host', protocol: 'udp' }, ready });
    vi.advanceTimersByTime(50);
    expect(ready).toHaveBeenCalledTimes(1);

    const second = await dialled();
    second.session.connection.gathering();
    vi.advanceTimersByTime(5000);
    expect(log).toEqual(['no-network']);
  });

  it('uses the ICE servers', async () => {
    const { agent, ua } = registered([{ urls: 'stun:stun.test' }]);
    agent.call('1001', callListener);
    await vi.advanceTimersByTimeAsync(0);
    expect(ua.log).toContain('call 1001 {"iceServers":[{"urls":"stun:stun.test"}]}');
  });
});

describe('an incoming call', () => {
  it('is announced with the caller, without characters that change the text direction', () => {
    rung(registered().ua);
    expect(calls[0]?.remote).toEqual({ name: 'Ann', number: '1001' });
    expect(calls[0]?.direction).toBe('in');
  });

  it('is not announced for an outgoing session', () => {
    registered().ua.emit('newRTCSession', { originator: 'local', session: new FakeSession() });
    expect(calls).toEqual([]);
  });

  it('is answered with the microphone', async () => {
    const session = rung(registered().ua);
    calls[0]?.answer();
    expect(session.log).toEqual([]);
    await vi.advanceTimersByTimeAsync(0);
    expect(session.log).toEqual(['answer {"iceServers":[]}']);
    session.emit('accepted', { originator: 'local' });
    expect(log).toEqual(['answered']);
  });

  it('is refused when there is no microphone', async () => {
    getUserMedia.mockRejectedValue(new DOMException('', 'NotFoundError'));
    const session = rung(registered().ua);
    calls[0]?.answer();
    await vi.advanceTimersByTimeAsync(0);
    expect(session.log).toEqual(['terminate']);
    expect(log).toEqual(['microphone-missing']);
  });

  it('is not answered if it ends while the browser asks for the microphone', async () => {
    const session = rung(registered().ua);
    calls[0]?.answer();
    session.finish('failed', { originator: 'remote', cause: 'Canceled', message: {} });
    await vi.advanceTimersByTimeAsync(0);
    expect(session.log).toEqual([]);
    expect(log).toEqual(['missed']);
    expect(track.stop).toHaveBeenCalled();
  });

  it('ends with a browser fault when JsSIP cannot answer', async () => {
    const session = rung(registered().ua);
    vi.spyOn(session, 'answer').mockImplementation(() => {
      throw new Error('no connection');
    });
    calls[0]?.answer();
    await vi.advanceTimersByTimeAsync(0);
    expect(log).toEqual(['browser-fault']);
  });

  it.each([
    ['declined', 'terminate 603'],
    ['busy', 'terminate 486'],
  ] as const)('%s is %s', (why, expected) => {
    const session = rung(registered().ua);
    calls[0]?.reject(why);
    expect(session.log).toEqual([expected]);
  });

  it('can be rejected while it is announced', () => {
    wish.turnAway = true;
    const session = rung(registered().ua);
    expect(session.log).toEqual(['terminate 486']);
    expect(log).toEqual([]);
  });

  it('was answered elsewhere if the CANCEL says so', () => {
    const session = rung(registered().ua);
    const message = { getHeader: (name: string) => (name === 'Reason' ? 'SIP;cause=200' : '') };
    session.finish('failed', { originator: 'remote', cause: 'Canceled', message });
    expect(outcomes).toEqual([{ kind: 'elsewhere' }]);
  });

  it('does not report its own 180 as progress', () => {
    rung(registered().ua).emit('progress', { originator: 'local', response: null });
    expect(log).toEqual([]);
  });
});

describe('an active call', () => {
  it('mutes, unmutes and sends tones of RFC 4733, only while it is up', async () => {
    const { session, call } = await dialled();
    call.sendDigits('1');
    session.emit('accepted', {});
    call.setMuted(true);
    call.setMuted(false);
    call.sendDigits('5#');
    await vi.advanceTimersByTimeAsync(0);
    session.finish('ended', { originator: 'remote', cause: 'Terminated', message: null });
    call.sendDigits('6');
    await vi.advanceTimersByTimeAsync(0);
    expect(session.log).toEqual(['mute', 'unmute']);
    expect(session.connection.tones).toEqual([['5#', 100, 100]]);
    expect(log).toEqual(['answered', 'normal']);
  });

  it('takes tones before the answer, once the other side sends sound', async () => {
    const { session, call } = await dialled();
    session.emit('progress', { response: { status_code: 180, body: '' } });
    call.sendDigits('1');
    session.emit('progress', { response: { status_code: 183, body: 'v=0' } });
    call.sendDigits('2');
    call.sendDigits('3');
    await vi.advanceTimersByTimeAsync(0);
    expect(session.connection.tones.map(([digits]) => digits)).toEqual(['2', '3']);
  });

  it('plays the other side as soon as there is a track', async () => {
    const played: unknown[] = [];
    vi.stubGlobal(
      'Audio',
      class {
        autoplay = false;
        set srcObject(source: unknown) {
          played.push(source);
        }
        play(): Promise<void> {
          return Promise.resolve();
        }
        pause(): void {
          // An element without a source plays nothing.
        }
      },
    );
    const { session } = await dialled();
    const heard = {};
    session.connection.dispatchEvent(Object.assign(new Event('track'), { streams: [heard] }));
    expect(played).toEqual([heard]);
    session.finish('failed', { originator: 'remote', cause: 'Busy', message: null });
    expect(played).toEqual([heard, null]);
  });
});

describe('a request in the dialog', () => {
  it.each([
    [408, 'refused'],
    [481, 'over'],
    [488, 'refused'],
  ])('that is answered %i leaves the call %s', async (status_code, expected) => {
    const { session } = await dialled();
    const heard: string[] = [];
    const onErrorResponse = (): unknown => heard.push('refused');
    const onDialogError = (): unknown => heard.push('over');
    session.sendRequest('INVITE', { eventHandlers: { onErrorResponse, onDialogError } });
    const { sent } = session;
    sent[0]?.[status_code === 488 ? 'onErrorResponse' : 'onDialogError']?.({ status_code });
    expect(heard).toEqual([expected]);
  });
});

/** The new session of an incoming INVITE that replaces a session's dialog. */
function replaces(ua: UA, session: FakeSession): FakeSession {
  const fresh = new FakeSession();
  const request = { getHeader: () => undefined };
  session.emit('replaces', {
    accept: (init: (session: FakeSession) => void) => {
      init(fresh);
      ua.emit('newRTCSession', { originator: 'remote', session: fresh, request });
    },
  });
  return fresh;
}

describe('a call that the other side replaces with a new one', () => {
  it('is answered without ringing, and its listener receives the new call', async () => {
    const { ua, session } = await dialled();
    session.emit('accepted', {});
    log.length = 0;
    const fresh = replaces(ua, session);
    await vi.advanceTimersByTimeAsync(0);

    expect(log).toEqual(['replaced']);
    expect(fresh.log).toEqual(['answer {"iceServers":[]}']);
    fresh.emit('accepted', {});
    expect(log).toEqual(['replaced', 'answered']);
  });
});

describe('a call that is taken over', () => {
  it('has the identifiers of its dialog, with only one tag before the answer', async () => {
    const { agent, ua } = registered();
    const dialog = { callId: 'old', localTag: 'mine', remoteTag: 'yours' };
    const call = agent.takeOver('resume', dialog, { name: 'Ann', number: '1001' }, callListener);
    expect(call.dialog).toBeNull();
    await vi.advanceTimersByTimeAsync(0);
    expect(ua.log).toContain('Replaces: old;to-tag=yours;from-tag=mine');
    const asked = { callId: 'call-0', localTag: 'ours', remoteTag: '' };
    expect(call.dialog).toEqual(asked);

    agent.takeOver('resume', asked, call.remote, callListener);
    await vi.advanceTimersByTimeAsync(0);
    expect(ua.log).toContain('Replaces: call-0;to-tag=0;from-tag=ours');

    const id = { call_id: 'call-0', local_tag: 'ours', remote_tag: 'theirs' };
    Object.assign(ua.sessions[0] ?? {}, { _dialog: { id } });
    expect(call.dialog).toEqual({ callId: 'call-0', localTag: 'ours', remoteTag: 'theirs' });
  });

  it.each([
    ['Remote-Party-ID', '"resume" <sip:resume@127.0.0.2>;party=calling;privacy=off', 'resume'],
    ['P-Asserted-Identity', '<sip:1001@pbx.test:5060>', '1001'],
    ['Contact', '<sip:resume@pbx.test>', ''],
  ])('reports the number that has answered, from %s', async (header, value, number) => {
    const { call, session } = await dialled();
    const getHeader = (name: string): string | undefined => (name === header ? value : undefined);
    session.emit('accepted', { response: { getHeader } });
    expect(call.answeredBy).toBe(number);
    expect(call.isConfirmed).toBe(false);
    session.emit('confirmed', {});
    expect(call.isConfirmed).toBe(true);
  });

  it('is silent once another call has replaced it, but can still be replaced', async () => {
    const { ua, session, call } = await dialled();
    session.emit('accepted', {});
    call.detach();
    log.length = 0;
    replaces(ua, session);
    session.finish('ended', { originator: 'remote', cause: 'Terminated', message: null });
    expect(log).toEqual(['replaced']);
  });
});
