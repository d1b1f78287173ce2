import { beforeEach, expect, it, vi } from 'vitest';
import { clicked, quiet, ring } from './ringing';

const looks = { icon: '/i.png', badge: '/b.png' };
let focused: number;
let heard: unknown[];
let opened: string[];

class FakeClient {
  postMessage(message: unknown): void {
    heard.push(message);
  }
  focus(): void {
    focused += 1;
  }
}

const clients = (known: string): Clients =>
  ({
    get: (id: string) => Promise.resolve(id === known ? new FakeClient() : undefined),
    openWindow: (url: string) => Promise.resolve(opened.push(url)),
  }) as unknown as Clients;

let others: { id: string; url: string; focused: boolean }[] = [];

function workerWith(
  showNotification: unknown,
  getNotifications: unknown,
): ServiceWorkerGlobalScope {
  const page = { id: 'page-1', url: 'https://pbx.test/sip', focused: true };
  return {
    registration: { scope: 'https://pbx.test/sip', showNotification, getNotifications },
    clients: { matchAll: () => Promise.resolve([page, ...others]) },
  } as unknown as ServiceWorkerGlobalScope;
}

const close = vi.fn();
const notification = { tag: 'p-7', data: 'page-1', close } as unknown as Notification;

beforeEach(() => {
  focused = 0;
  heard = [];
  opened = [];
  others = [];
  close.mockClear();
  vi.stubGlobal('WindowClient', FakeClient);
});

it('a call is shown with its actions until it is over', async () => {
  const showNotification = vi.fn(() => Promise.resolve());
  const getNotifications = vi.fn(() => Promise.resolve([notification]));

  const worker = workerWith(showNotification, getNotifications);
  await ring(worker, { kind: 'ring', tag: 'p-7', title: 'Ann', body: 'Call' }, 'page-1', looks);
  expect(showNotification).toHaveBeenCalledWith(
    'Ann',
    expect.objectContaining({
      tag: 'p-7',
      body: 'Call',
      data: 'page-1',
      requireInteraction: true,
      actions: [
        { action: 'answer', title: 'Answer' },
        { action: 'decline', title: 'Decline' },
      ],
    }),
  );

  await quiet(worker.registration, 'p-7');
  expect(getNotifications).toHaveBeenCalledWith({ tag: 'p-7' });
  expect(close).toHaveBeenCalledTimes(1);
});

it.each([
  ['https://pbx.test/sip?call=1', true, 0],
  ['https://pbx.test/sip', false, 1],
  ['https://pbx.test/sip/admin', true, 1],
])('with %s in another tab, focused %s, a call is shown %i times', async (url, focus, times) => {
  others = [{ id: 'page-2', url, focused: focus }];
  const showNotification = vi.fn(() => Promise.resolve());
  const message = { kind: 'ring', tag: 'p-7', title: 'Ann', body: 'Call' } as const;
  await ring(workerWith(showNotification, vi.fn()), message, 'page-1', looks);
  expect(showNotification).toHaveBeenCalledTimes(times);
});

it.each([
  ['answer', 'answer', 1],
  ['decline', 'decline', 0],
  ['', 'open', 1],
])('a click on %j sends the page %s', async (action, sent, times) => {
  await clicked(clients('page-1'), notification, action, '/sip');
  expect(heard).toEqual([{ kind: 'chosen', tag: 'p-7', action: sent }]);
  expect(focused).toBe(times);
  expect(close).toHaveBeenCalled();
});

it('a click for a page that is closed opens a new one', async () => {
  await clicked(clients('other'), notification, 'answer', '/sip');
  expect(opened).toEqual(['/sip']);
  expect(heard).toEqual([]);
});
