import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { digestOf } from '../../sip/digest';
import type { AgentListener } from '../../sip/edge';
import type { FakeLocks } from '../../testing/fake-locks';
import { fakeLine } from '../../testing/fake-phone';
import {
  account,
  DOMAIN,
  joined,
  open,
  pair,
  registered,
  setUp,
  tearDown,
} from '../../testing/tabs-bench';
import { until } from '../../testing/until';
import { reportAcceptedPasswords } from './shared-phone';

beforeEach(setUp);
afterEach(tearDown);

describe('the first tab', () => {
  it('registers, and has the calls', async () => {
    const tab = await registered();
    expect(tab.registration).toBe('registered');
    expect(tab.shared.audioTab).toBe('here');
    expect(tab.shared.address).toBe('1000@pbx.test');
    expect(tab.onPasswordAccepted).toEqual([digestOf('1000', DOMAIN, 'secret')]);
    tab.shared.call('1001');
    tab.shared.answer(1, 'end');
    expect(tab.local.commands).toEqual([
      ['call', '1001'],
      ['answer', 1, 'end'],
    ]);
    expect(tab.shared.hasCalls).toBe(false);
    tab.local.show({ lines: [fakeLine(1)] });
    expect(tab.shared.hasCalls).toBe(true);
  });

  it('shows that it is registering from the first moment', () => {
    const tab = open();
    const notified = vi.fn();
    tab.shared.subscribe(notified);
    tab.shared.register(account());
    expect(tab.registration).toBe('registering');
    expect(notified).toHaveBeenCalledTimes(1);
  });

  it('can be unregistered before the registration has begun', async () => {
    const tab = open();
    tab.shared.register(account());
    tab.shared.unregister();
    expect(tab.registration).toBe('none');
    const other = await registered();
    expect(other.registration).toBe('registered');
    expect(tab.local.accounts).toEqual([]);
  });

  it('shows why the registration failed, and can try again', async () => {
    const tab = open();
    tab.shared.register(account('1000', 'wrong'));
    await until(() => {
      expect(tab.local.accounts).toHaveLength(1);
    });
    tab.refused();
    expect(tab.registration).toBe('failed');

    tab.shared.register(account());
    await until(() => {
      expect(tab.local.accounts).toHaveLength(2);
    });
    tab.accepted();
    expect(tab.registration).toBe('registered');
  });
});

describe('a second tab of the extension', () => {
  it('shows the same calls and never registers', async () => {
    const [first, second] = await pair();
    expect(second.registration).toBe('registered');
    expect(second.shared.audioTab).toBe('other-tab');
    expect(second.onPasswordAccepted).toEqual(first.onPasswordAccepted);

    const notified = vi.fn();
    second.shared.subscribe(notified);
    first.local.show({ lines: [fakeLine(7)], openLine: 7 });
    await until(() => {
      expect(second.shared.state.lines).toEqual([fakeLine(7)]);
    });
    expect(notified).toHaveBeenCalled();
    expect(second.local.accounts).toEqual([]);
    // The page may be closed without a question: the calls go on.
    expect(second.shared.hasCalls).toBe(false);
  });

  it('completes the calls of a first tab with an older version', async () => {
    const [first, second] = await pair();
    const older = fakeLine(7);
    Reflect.deleteProperty(older, 'tones');
    first.local.show({ lines: [older], openLine: 7 });
    await until(() => {
      expect(second.shared.state.lines).toEqual([fakeLine(7)]);
    });
  });

  it('sends every command with its arguments to the first tab', async () => {
    const [first, second] = await pair();
    second.shared.call('1001');
    second.shared.answer(1);
    second.shared.answer(2, 'end');
    second.shared.decline(1, 'busy');
    second.shared.hangUp(1);
    second.shared.setMuted(1, true);
    second.shared.sendDigits(1, '12#');
    second.shared.hold(1);
    second.shared.resume(1);
    second.shared.swapTo(2);
    second.shared.open(2);
    second.shared.transfer(1, '1002');
    second.shared.consult(1, '1003');
    second.shared.completeTransfer(1, 2);
    second.shared.cancelTransfer(1);
    second.shared.merge();
    second.shared.setDoNotDisturb(true);
    second.shared.watch(['1001']);
    second.shared.dismiss();
    await until(() => {
      expect(first.local.commands).toEqual([
        ['call', '1001'],
        ['answer', 1],
        ['answer', 2, 'end'],
        ['decline', 1, 'busy'],
        ['hangUp', 1],
        ['setMuted', 1, true],
        ['sendDigits', 1, '12#'],
        ['hold', 1],
        ['resume', 1],
        ['swapTo', 2],
        ['open', 2],
        ['transfer', 1, '1002'],
        ['consult', 1, '1003'],
        ['completeTransfer', 1, 2],
        ['cancelTransfer', 1],
        ['merge'],
        ['setDoNotDisturb', true],
        ['watch', ['1001']],
        ['dismiss'],
      ]);
    });
    expect(second.local.commands).toEqual([]);
  });

  it('reports that its password is wrong', async () => {
    const first = await registered();
    const second = await joined('guess');
    expect(second.shared.state.registration).toMatchObject({
      state: 'failed',
      cause: { code: 'wrong-password' },
    });
    expect(second.local.accounts).toEqual([]);
    expect(second.onPasswordAccepted).toEqual([]);
    // The rejected tab takes no part in what follows.
    first.shared.leavePage();
    expect((await registered()).registration).toBe('registered');
  });

  it('may have HA1 in place of the password', async () => {
    await registered();
    const tab = open();
    const { extension, server, domain } = account();
    tab.shared.register({ extension, server, domain, ...digestOf('1000', DOMAIN, 'secret') });
    await until(() => {
      expect(tab.registration).toBe('registered');
    });
    const foreign = open();
    foreign.shared.register({ extension, server, domain, ...digestOf('1000', 'other', 'secret') });
    await until(() => {
      expect(foreign.registration).toBe('failed');
    });
  });

  it('needs no proof if the switch sent no challenge', async () => {
    const first = open();
    first.shared.register(account());
    await until(() => {
      expect(first.local.accounts).toHaveLength(1);
    });
    first.local.show({ registration: { state: 'registered', extension: '1000' } });
    expect((await joined('whatever')).shared.audioTab).toBe('other-tab');
  });

  it('waits while the first tab is registering, and tries its own password if that one fails', async () => {
    const first = open();
    first.shared.register(account('1000', 'wrong'));
    await until(() => {
      expect(first.local.accounts).toHaveLength(1);
    });
    const second = open();
    second.shared.register(account());
    first.local.show({ connected: true });
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(second.registration).toBe('registering');
    expect(second.local.accounts).toEqual([]);

    first.refused();
    await until(() => {
      expect(second.local.accounts).toHaveLength(1);
    });
    second.accepted();
    expect(second.registration).toBe('registered');
    expect(first.registration).toBe('failed');
  });

  it('is unregistered together with the first, from either tab', async () => {
    const [first, second] = await pair();
    second.shared.unregister();
    await until(() => {
      expect(second.registration).toBe('none');
    });
    expect(first.registration).toBe('none');
    expect(second.local.accounts).toEqual([]);
  });

  it('shows when the registration of the first tab fails, and does not retry it', async () => {
    const [first, second] = await pair();
    first.local.show({ lines: [fakeLine(1)] });
    first.refused();
    await until(() => {
      expect(second.registration).toBe('failed');
    });
    // The call is still up.
    expect(second.shared.audioTab).toBe('other-tab');
    first.local.show({ lines: [] });
    await until(() => {
      expect(second.shared.audioTab).toBe('here');
    });
    expect(second.registration).toBe('failed');
    expect(second.local.accounts).toEqual([]);
  });
});

describe('tabs with different extensions', () => {
  it('work independently', async () => {
    const first = await registered(account('1000'));
    const second = await registered(account('1001'));
    first.local.show({ lines: [fakeLine(1)] });
    expect(second.shared.audioTab).toBe('here');
    expect(second.shared.state.lines).toEqual([]);
    expect(second.shared.state.registration).toEqual({ state: 'registered', extension: '1001' });
  });
});

describe('a browser without locks for this page', () => {
  it('registers each tab separately', async () => {
    const [first, second] = [open(null), open(null)];
    first.shared.register(account());
    second.shared.register(account());
    first.accepted();
    second.accepted();
    expect([first.registration, second.registration]).toEqual(['registered', 'registered']);
    expect(first.onPasswordAccepted).toHaveLength(1);
    second.shared.unregister();
    expect(second.registration).toBe('none');
    expect(first.registration).toBe('registered');

    const refusing = { locks: { request: () => Promise.reject(new DOMException('no')) } };
    const third = open(refusing as unknown as FakeLocks);
    third.shared.register(account());
    await until(() => {
      expect(third.local.accounts).toHaveLength(1);
    });
  });
});

describe('the proof of a registration', () => {
  it('is taken from the agent’s event, and passed on', () => {
    const digest = digestOf('1000', DOMAIN, 'secret');
    const onPasswordAccepted = vi.fn();
    const heard = vi.fn();
    let notified: AgentListener | undefined;
    const listener = { registered: heard } as unknown as AgentListener;
    const who = account();
    reportAcceptedPasswords((_account, wrapped) => {
      notified = wrapped;
      return {} as never;
    }, onPasswordAccepted)(who, listener);

    notified?.registered();
    notified?.registered(digest);

    expect(heard.mock.calls).toEqual([[undefined], [digest]]);
    expect(onPasswordAccepted.mock.calls).toEqual([[who, digest]]);
  });
});
