import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FakeSession, type UA } from '../testing/fake-jssip';
import { callListener, calls, last, log, registered, setUp, tearDown } from '../testing/sip-bench';
import type { DialogEntry } from './internals';

vi.mock('jssip', () => import('../testing/fake-jssip'));

beforeEach(setUp);
afterEach(tearDown);

const dialog = { callId: 'left', localTag: 'ours', remoteTag: 'theirs' };

/** Looks up the dialog that a request names, as JsSIP does. */
function found(ua: UA): DialogEntry | undefined {
  return ua._dialogs['leftourstheirs'];
}

/** An incoming INVITE with Replaces for the dialog. */
function replacedAt(ua: UA): FakeSession {
  const init = vi.spyOn(FakeSession.prototype, 'init_incoming');
  found(ua)?.owner.receiveRequest({});
  const session = last(init.mock.contexts) as FakeSession;
  init.mockRestore();
  const request = { getHeader: () => undefined };
  ua.emit('newRTCSession', { originator: 'remote', session, request });
  return session;
}

it('lets the other side replace a dialog of another page', async () => {
  const { agent, ua } = registered();
  agent.holdDialog(dialog, callListener);
  expect(found(ua)?.owner.isEnded()).toBe(false);
  const session = replacedAt(ua);
  await vi.advanceTimersByTimeAsync(0);
  expect(log).toEqual(['replaced']);
  expect(calls).toHaveLength(1);
  expect(session.log).toEqual(['answer {"iceServers":[]}']);
});

it('refuses an INVITE that may not replace it', () => {
  const { agent, ua } = registered();
  agent.holdDialog(dialog, { ...callListener, replaced: () => null });
  expect(replacedAt(ua).log).toEqual(['terminate 486']);
});

it('reports a hang-up once', () => {
  const { agent, ua } = registered();
  agent.holdDialog(dialog, callListener);
  const replies: number[] = [];
  const reply = (status: number): unknown => replies.push(status);
  const standIn = found(ua);
  standIn?.receiveRequest({ method: 'ACK', reply });
  standIn?.receiveRequest({ method: 'INVITE', reply });
  standIn?.receiveRequest({ method: 'BYE', reply });
  expect(replies).toEqual([481, 200]);
  expect(log).toEqual(['normal']);
  expect(found(ua)).toBeUndefined();
});

it('ends when it is released, and never hides a real session', () => {
  const { agent, ua } = registered();
  const end = agent.holdDialog(dialog, callListener);
  end();
  expect(found(ua)).toBeUndefined();
  const own = { owner: new FakeSession() };
  Object.assign(ua._dialogs, { leftourstheirs: own });
  agent.holdDialog(dialog, callListener)();
  expect(found(ua)).toBe(own);
});
