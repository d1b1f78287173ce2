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
  it('is registered at its address', () => {
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
  it('are offered once, while the phone is registered and no call is up', async () => {
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

  it('are not offered again after an answer', async () => {
    open();
    const onChange = vi.fn();
    const end = app.subscribe(onChange);
    await registered();
    app.notices[0]?.press?.();
    await vi.advanceTimersByTimeAsync(0);
    expect(permission).toBe('granted');
    expect(app.notices).toEqual([]);
    expect(onChange).toHaveBeenCalledTimes(2);
    end();
  });

  it.each(['granted', 'denied'] as const)('are not offered when they are %s', async (already) => {
    permission = already;
    open();
    await registered();
    expect(app.notices).toEqual([]);
  });
});

describe('a page that was opened without a network', () => {
  let reload: ReturnType<typeof vi.fn<() => void>>;
  let answer: () => Promise<{ ok: boolean }>;

  beforeEach(() => {
    reload = vi.fn();
    vi.spyOn(window.location, 'reload').mockImplementation(reload);
    answer = () => Promise.reject(new TypeError('Failed to fetch'));
    vi.stubGlobal('fetch', () => answer());
  });

  it('shows a notice, and reloads when the server answers', async () => {
    open(true);
    expect(app.notices).toMatchObject([{ action: 'Try again' }]);
    await vi.advanceTimersByTimeAsync(10_000);
    expect(reload).not.toHaveBeenCalled();
    answer = () => Promise.resolve({ ok: true });
    window.dispatchEvent(new Event('online'));
    await vi.advanceTimersByTimeAsync(0);
    expect(reload).toHaveBeenCalledTimes(1);
  });

  it('does not reload during a call', async () => {
    open(true);
    answer = () => Promise.resolve({ ok: true });
    show({ lines: [{ id: 1 }] as unknown as PhoneState['lines'] });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(reload).not.toHaveBeenCalled();
  });

  it('reloads by the button', () => {
    open(true);
    app.notices[0]?.press?.();
    expect(reload).toHaveBeenCalled();
  });
});
