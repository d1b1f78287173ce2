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
const open = (offline = false, serviceWorker = '/sip/service-worker.js'): void => {
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
    { serviceWorker, offline },
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
  it.each([
    ['/sip', '/sip'],
    ['', '/'],
  ])('is registered at its address below %j', (folder, scope) => {
    open(false, `${folder}/service-worker.js`);
    expect(register).toHaveBeenCalledWith(`${folder}/service-worker.js`, { scope });
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

describe('a proxy in front', () => {
  const redirect = (): Response =>
    Object.defineProperty(Response.error(), 'type', { value: 'opaqueredirect' });
  let answer: () => Response;
  let asked: ReturnType<typeof vi.fn<() => Promise<Response>>>;

  beforeEach(() => {
    permission = 'granted';
    asked = vi.fn(() => Promise.resolve(answer()));
    vi.stubGlobal('fetch', asked);
  });

  it('that asks for a log-in when the connection is lost is named until it has let in', async () => {
    open();
    const reload = vi.spyOn(window.location, 'reload').mockImplementation(() => undefined);
    show({ registration: { state: 'registering', extension: '1000', again: false } });
    show({ registration: { state: 'registered', extension: '1000' }, connected: true });
    expect(asked).not.toHaveBeenCalled();
    answer = redirect;
    show({ connected: false });
    show({ registration: { state: 'registering', extension: '1000', again: true } });
    await vi.advanceTimersByTimeAsync(0);
    expect(asked).toHaveBeenCalledTimes(1);
    expect(app.notices).toMatchObject([
      { text: 'The server in front asks you to log in again.', action: 'Log in' },
    ]);
    app.notices[0]?.press?.();
    expect(reload).toHaveBeenCalledTimes(1);

    answer = () => new Response('');
    window.dispatchEvent(new Event('focus'));
    await vi.advanceTimersByTimeAsync(0);
    expect(app.notices).toEqual([]);
    asked.mockClear();
    window.dispatchEvent(new Event('focus'));
    expect(asked).not.toHaveBeenCalled();
  });

  it('is not blamed for a server that is away', async () => {
    open();
    answer = () => new Response('', { status: 502 });
    show({
      registration: { state: 'failed', extension: '1000', cause: {} } as never,
      connected: false,
    });
    await vi.advanceTimersByTimeAsync(0);
    expect(asked).toHaveBeenCalledTimes(1);
    expect(app.notices).toEqual([]);
  });
});

describe('a page that was opened without a network', () => {
  let reload: ReturnType<typeof vi.fn<() => void>>;
  let answer: () => Promise<Partial<Response>>;

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

  it('reloads to the log-in of a proxy', async () => {
    open(true);
    answer = () => Promise.resolve({ ok: false, status: 401, headers: new Headers() });
    await vi.advanceTimersByTimeAsync(10_000);
    expect(reload).toHaveBeenCalled();
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
