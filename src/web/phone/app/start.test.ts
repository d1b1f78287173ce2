import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { PhoneState } from '../model/state';
import { AppShell } from './start';

let state: PhoneState;
let observers: (() => void)[];
let permission: NotificationPermission;
let register: ReturnType<typeof vi.fn<(address: string, options: unknown) => Promise<unknown>>>;
let app: AppShell;

const show = (part: Partial<PhoneState>): void => {
  state = { ...state, ...part };
  for (const observer of observers) {
    observer();
  }
};
const registered = async (): Promise<void> => {
  show({ registration: { state: 'registered', extension: '1000' } });
  await vi.advanceTimersByTimeAsync(1000);
  await vi.dynamicImportSettled();
  await vi.advanceTimersByTimeAsync(0);
};
const open = (offline = false): void => {
  app = new AppShell(
    {
      get state() {
        return state;
      },
      subscribe: (observer) => {
        observers.push(observer);
        return () => undefined;
      },
      answer: () => undefined,
      decline: () => undefined,
      hangUp: () => undefined,
      setMuted: () => undefined,
    },
    { serviceWorker: '/sip/service-worker.js', offline },
  );
};

beforeEach(() => {
  vi.useFakeTimers();
  localStorage.clear();
  observers = [];
  permission = 'default';
  state = { registration: { state: 'none' }, lines: [], openLine: null } as unknown as PhoneState;
  register = vi.fn(() => Promise.resolve({ active: null }));
  const workers = Object.assign(new EventTarget(), { register });
  vi.stubGlobal('navigator', { serviceWorker: workers });
  vi.stubGlobal('Notification', {
    get permission() {
      return permission;
    },
    requestPermission: () => {
      permission = 'granted';
      return Promise.resolve(permission);
    },
  });
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('the service worker', () => {
  it('gets the page at its address', () => {
    open();
    expect(register).toHaveBeenCalledWith('/sip/service-worker.js', { scope: '/sip' });
  });

  it('may be forbidden', async () => {
    register.mockRejectedValue(new DOMException('', 'SecurityError'));
    open();
    await registered();
    expect(app.notices).toEqual([]);
  });
});

describe('notifications', () => {
  it('are offered once, to a phone that is registered and while no call is up', async () => {
    open();
    expect(app.notices).toEqual([]);
    await registered();
    expect(app.notices).toMatchObject([{ action: 'Allow notifications' }]);
    show({ lines: [{ id: 1, state: 'dialling' }] as unknown as PhoneState['lines'] });
    expect(app.notices).toEqual([]);
    open();
    await registered();
    expect(app.notices).toEqual([]);
  });

  it('are offered no more after an answer', async () => {
    open();
    const told = vi.fn();
    const end = app.subscribe(told);
    await registered();
    app.notices[0]?.press?.();
    await vi.advanceTimersByTimeAsync(0);
    expect(permission).toBe('granted');
    expect(app.notices).toEqual([]);
    expect(told).toHaveBeenCalledTimes(2);
    end();
  });

  it.each(['granted', 'denied'] as const)('are not offered when they are %s', async (already) => {
    permission = already;
    open();
    await registered();
    expect(app.notices).toEqual([]);
  });
});

describe('a page that came up without a network', () => {
  let reload: ReturnType<typeof vi.fn<() => void>>;
  let answer: () => Promise<{ ok: boolean }>;

  beforeEach(() => {
    reload = vi.fn();
    vi.spyOn(window.location, 'reload').mockImplementation(reload);
    answer = () => Promise.reject(new TypeError('Failed to fetch'));
    vi.stubGlobal('fetch', () => answer());
  });

  it('says so, and comes back when the server answers', async () => {
    open(true);
    expect(app.notices).toMatchObject([{ action: 'Try again' }]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(reload).not.toHaveBeenCalled();
    answer = () => Promise.resolve({ ok: true });
    window.dispatchEvent(new Event('online'));
    await vi.advanceTimersByTimeAsync(0);
    expect(reload).toHaveBeenCalledTimes(1);
  });

  it('stays under a call', async () => {
    open(true);
    answer = () => Promise.resolve({ ok: true });
    show({ lines: [{ id: 1 }] as unknown as PhoneState['lines'] });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(reload).not.toHaveBeenCalled();
  });

  it('comes back by hand', () => {
    open(true);
    app.notices[0]?.press?.();
    expect(reload).toHaveBeenCalled();
  });
});
