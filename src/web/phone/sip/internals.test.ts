/* What the adapter uses of JsSIP beyond its types, with the real package on a fake socket that
   records what is sent. Before another version is used, each place that `internals` names has to be
   reviewed. */
import { UA, version, type WebSocketInterface } from 'jssip';
import type { RTCSession } from 'jssip/lib/RTCSession';
import { last } from '../testing/sip-bench';
import { beforeEach, describe, expect, it, vi } from 'vitest';
import {
  abandonSocket,
  addDialog,
  answerUpdates,
  closeSilently,
  connectionOf,
  connectNow,
  dialogOf,
  digestOfUa,
  expectNewCandidates,
  isConnecting,
  onUnsolicitedNotify,
  receiveInvite,
  resetHold,
  sendOptions,
  surviveFailedReinvites,
  surviveTimeouts,
  type DialogEntry,
} from './internals';

class Wire {
  readonly url = 'wss://pbx.test';
  readonly via_transport = 'WSS';
  readonly sip_uri = 'sip:pbx.test;transport=wss';
  readonly sent: string[] = [];
  connections = 0;
  received = 0;
  isUp = false;
  onconnect: () => void = () => undefined;
  ondisconnect: () => void = () => undefined;
  ondata: (data: string) => void = () => undefined;

  connect(): void {
    this.connections += 1;
  }
  up(): void {
    this.isUp = true;
    this.onconnect();
  }
  disconnect(): void {
    this.isUp = false;
  }
  isConnected(): boolean {
    return this.isUp;
  }
  isConnecting(): boolean {
    return false;
  }
  send(data: string): boolean {
    this.sent.push(data);
    return true;
  }
  receive(start: string, cseq: string, headers: readonly string[]): void {
    this.ondata(
      [
        start,
        `Via: SIP/2.0/WSS pbx.test;branch=z9hG4bK${++this.received}`,
        'Max-Forwards: 70',
        'From: <sip:1001@pbx.test>;tag=theirs',
        `CSeq: ${cseq}`,
        'Contact: <sip:1001@pbx.test>',
        ...headers,
        'Content-Length: 0',
        '\r\n',
      ].join('\r\n'),
    );
  }
  /** Answers the request that was sent last. */
  answer(status: string): void {
    const lines = (this.sent.at(-1) ?? '').split('\r\n');
    const same = lines.filter((line) => /^(Via|From|To|Call-ID|CSeq):/.test(line));
    this.ondata([`SIP/2.0 ${status}`, ...same, 'Content-Length: 0', '\r\n'].join('\r\n'));
  }
}

interface Sending {
  sendRequest(method: string, options: object): void;
}

const target = 'sip:1000@pbx.test SIP/2.0';
let wire: Wire;
let ua: UA;

beforeEach(() => {
  vi.stubGlobal('RTCPeerConnection', vi.fn());
  wire = new Wire();
  ua = new UA({
    sockets: [wire as unknown as WebSocketInterface],
    uri: 'sip:1000@pbx.test',
    ha1: 'a1',
    realm: 'pbx',
    register: false,
  });
  // JsSIP refuses incoming calls without a listener.
  ua.on('newRTCSession', () => undefined);
  ua.start();
  wire.up();
});

/** A session of an incoming INVITE that is not answered yet. */
function session(): RTCSession {
  const made: RTCSession[] = [];
  const owner = {
    isEnded: () => false,
    receiveRequest: (request: unknown) => {
      receiveInvite(ua, request, (first) => {
        made.push(first);
      });
    },
  };
  const dialog = { callId: 'left', localTag: 'mine', remoteTag: 'yours' };
  const end = addDialog(ua, dialog, { owner, receiveRequest: () => undefined });
  wire.receive(`INVITE ${target}`, '1 INVITE', [
    'To: <sip:1000@pbx.test>',
    'Call-ID: incoming',
    'Replaces: left;to-tag=mine;from-tag=yours',
  ]);
  end();
  return last(made);
}

it('is the reviewed version', () => {
  expect(version).toBe('3.13.8');
});

describe('a session', () => {
  it('is created from an INVITE with Replaces, and passed to the caller before the UA reports it', () => {
    const onChange = vi.fn();
    ua.on('newRTCSession', onChange);
    const made = session();
    expect(onChange).toHaveBeenCalledWith(expect.objectContaining({ session: made }));
    expect(dialogOf(made, 'in')).toEqual({ callId: 'incoming', localTag: '', remoteTag: '' });
    expect(connectionOf(made)).toBeNull();
    expect(connectionOf(null)).toBeNull();
  });

  it('ends without a message to the other side', () => {
    const made = session();
    const { length } = wire.sent;
    closeSilently(made);
    expect(made.isEnded()).toBe(true);
    expect(wire.sent).toHaveLength(length);
  });

  it('can reset its hold state', () => {
    const made = session();
    const muted: boolean[] = [];
    Object.assign(made, {
      _toggleMuteAudio: (mute: boolean) => muted.push(mute),
      _toggleMuteVideo: () => undefined,
    });
    resetHold(made, true);
    expect(made.isOnHold().local).toBe(true);
    resetHold(made, false);
    expect(made.isOnHold().local).toBe(false);
    expect(muted).toEqual([true, false]);
  });

  it('can gather anew after a gathering was cut short', () => {
    const made = session();
    expect(Object.keys(made)).toContain('_iceReady');
    expectNewCandidates(made);
    expect(made).toMatchObject({ _iceReady: false });
  });

  it('goes on after a refused re-INVITE, and ends only once', () => {
    const made = session();
    let isOpen = true;
    surviveFailedReinvites(made, () => isOpen);
    made.terminate({ reason_phrase: 'Hold Failed' });
    expect(made.isEnded()).toBe(false);
    isOpen = false;
    made.terminate();
    expect(made.isEnded()).toBe(true);
    expect(() => {
      made.terminate();
    }).not.toThrow();
  });

  it('answers an UPDATE without an offer in every state, also before the answer', () => {
    const made = session();
    const heard: string[] = [];
    const to = /^To: .*$/m.exec(wire.sent.at(-1) ?? '')?.[0].trim() ?? '';
    const inDialog = (method: string, cseq: number, headers: readonly string[]): string => {
      wire.receive(`${method} ${target}`, `${cseq} ${method}`, [
        to,
        'Call-ID: incoming',
        ...headers,
      ]);
      return wire.sent.at(-1) ?? '';
    };
    const party = ['P-Asserted-Identity: "Carol" <sip:1003@pbx.test>'];
    expect(inDialog('UPDATE', 2, party)).toMatch(/^SIP\/2.0 403 Wrong Status/);
    answerUpdates(made, (update) => {
      heard.push(update.getHeader('P-Asserted-Identity') ?? '');
    });
    expect(inDialog('UPDATE', 3, party)).toMatch(/^SIP\/2.0 200 [^]*\r\nContact: <sip:/);
    expect(heard).toEqual(['"Carol" <sip:1003@pbx.test>']);
    // What else is left to JsSIP.
    expect(inDialog('INFO', 4, [])).toMatch(/^SIP\/2.0 415 /);
    closeSilently(made);
    expect(inDialog('UPDATE', 5, party)).toMatch(/^SIP\/2.0 481 /);
    expect(heard).toHaveLength(1);
  });

  it.each([
    ['408 Request Timeout', 'error'],
    ['481 Call/Transaction Does Not Exist', 'dialog'],
  ])('treats a %s to a re-INVITE as %s', (status, kind) => {
    const heard: string[] = [];
    const made = session();
    surviveTimeouts(made);
    const eventHandlers = {
      onErrorResponse: () => heard.push('error'),
      onDialogError: () => heard.push('dialog'),
    };
    (made as unknown as Sending).sendRequest('INVITE', { eventHandlers });
    expect(wire.sent.at(-1)).toMatch(/^INVITE /);
    wire.answer(status);
    expect(heard).toEqual([kind]);
  });
});

it('passes requests in a dialog to its entry in the table until that is removed', () => {
  const methods: string[] = [];
  const entry: DialogEntry = {
    owner: { isEnded: () => false, receiveRequest: () => undefined },
    receiveRequest: (request) => {
      methods.push(request.method);
      request.reply(200);
    },
  };
  const dialog = { callId: 'left', localTag: 'ours', remoteTag: 'theirs' };
  const bye = (cseq: number): void => {
    const to = ['To: <sip:1000@pbx.test>;tag=ours', 'Call-ID: left'];
    wire.receive(`BYE ${target}`, `${cseq} BYE`, to);
  };
  const end = addDialog(ua, dialog, entry);
  addDialog(ua, dialog, { ...entry, receiveRequest: () => undefined })();
  bye(1);
  expect(methods).toEqual(['BYE']);
  expect(wire.sent.at(-1)).toMatch(/^SIP\/2.0 200 /);
  end();
  bye(2);
  expect(methods).toEqual(['BYE']);
  expect(wire.sent.at(-1)).toMatch(/^SIP\/2.0 481 /);
});

describe('the connection', () => {
  it('reports any response to an OPTIONS', () => {
    const answered = vi.fn();
    sendOptions(ua, 'sip:pbx.test', answered);
    expect(wire.sent.at(-1)).toMatch(/^OPTIONS sip:pbx\.test/);
    wire.answer('405 Method Not Allowed');
    expect(answered).toHaveBeenCalledOnce();
  });

  it('reports that an OPTIONS got no response', () => {
    const answered = vi.fn();
    sendOptions(ua, 'sip:pbx.test', answered);
    wire.disconnect();
    sendOptions(ua, 'sip:pbx.test', answered);
    expect(answered).not.toHaveBeenCalled();
  });

  it('is closed and made anew at once', () => {
    const onChange = vi.fn();
    ua.on('disconnected', onChange);
    abandonSocket(wire as unknown as WebSocketInterface);
    expect(onChange).toHaveBeenCalledOnce();
    expect(isConnecting(ua)).toBe(false);
    const { connections } = wire;
    connectNow(ua);
    expect(wire.connections).toBe(connections + 1);
    expect(isConnecting(ua)).toBe(true);
  });
});

it('gives the digest credential after a challenge', () => {
  expect(digestOfUa(ua)).toEqual({ ha1: 'a1', realm: 'pbx' });
});

it('reports an unsolicited NOTIFY', () => {
  const heard: string[] = [];
  onUnsolicitedNotify(ua, 'message-summary', (request) => {
    heard.push(request.getHeader('Event') ?? '');
  });
  for (const event of ['message-summary', 'presence']) {
    const headers = ['To: <sip:1000@pbx.test>', `Call-ID: ${event}`, `Event: ${event}`];
    wire.receive(`NOTIFY ${target}`, '1 NOTIFY', headers);
  }
  expect(heard).toEqual(['message-summary']);
});
