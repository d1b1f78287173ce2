import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { fakeLine } from '../../testing/fake-phone';
import {
  account,
  browser,
  DOMAIN,
  joined,
  open,
  pair,
  setUp,
  tearDown,
} from '../../testing/tabs-bench';
import { until } from '../../testing/until';

const NAME = `sipapp.phone:1000@${DOMAIN}`;

beforeEach(setUp);
afterEach(tearDown);

describe('when the leader tab is closed', () => {
  it('another tab becomes the leader, with the same state', async () => {
    const [first, second] = await pair();
    second.shared.watch(['1001']);
    first.local.show({ doNotDisturb: true });
    await until(() => {
      expect(second.shared.state.doNotDisturb).toBe(true);
    });

    first.shared.leavePage();

    expect(first.local.commands.at(-1)).toEqual(['unregister']);
    await until(() => {
      expect(second.local.accounts).toEqual([account()]);
    });
    expect(second.shared.state.registration).toEqual({
      state: 'registering',
      extension: '1000',
      again: true,
    });
    expect(second.local.commands).toEqual([
      ['setDoNotDisturb', true],
      ['watch', ['1001']],
    ]);
    second.accepted();
    expect(second.shared.audioTab).toBe('here');
    expect(second.registration).toBe('registered');
  });

  it('only one tab becomes the leader, and the others follow it', async () => {
    const [first, second] = await pair();
    const third = await joined();
    first.shared.leavePage();
    await until(() => {
      expect(second.local.accounts).toHaveLength(1);
    });
    second.accepted();
    second.local.show({ lines: [fakeLine(3)] });
    await until(() => {
      expect(third.shared.state.lines).toHaveLength(1);
    });
    expect(third.local.accounts).toEqual([]);
    third.shared.hangUp(3);
    await until(() => {
      expect(second.local.commands).toEqual([['hangUp', 3]]);
    });
  });

  it('another tab becomes the leader at once after a crash', async () => {
    const [, second] = await pair();
    browser().crash(NAME);
    await until(() => {
      expect(second.local.accounts).toHaveLength(1);
    });
  });

  it('the call stays as it is, to be taken over', async () => {
    const [first, second] = await pair();
    first.local.show({ lines: [fakeLine(1)] });
    first.shared.leavePage();
    expect(first.local.commands).toEqual([]);
    await until(() => {
      expect(second.local.accounts).toHaveLength(1);
    });
  });

  it('nothing ends when the closed tab was not the leader', async () => {
    const [first, second] = await pair();
    second.shared.leavePage();
    expect(second.local.commands).toEqual([]);
    expect(first.registration).toBe('registered');
  });

  it('the other tabs go on when the leader changes to another extension', async () => {
    const [first, second] = await pair();
    first.shared.register(account('1001'));
    await until(() => {
      expect(second.local.accounts).toHaveLength(1);
      expect(first.local.accounts).toHaveLength(2);
    });
    expect(first.local.commands).toEqual([['unregister']]);
  });
});

describe('a leader that does not answer', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  it('is reported, with what to do', async () => {
    void browser().locks.request(NAME, {}, () => new Promise(() => undefined));
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const tab = open();
    tab.shared.register(account());
    await vi.advanceTimersByTimeAsync(5_000);
    expect(tab.shared.state.registration).toMatchObject({
      state: 'failed',
      cause: { code: 'tab-silent' },
    });
    tab.shared.leavePage();
  });
});
