import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Line, PhoneState } from '../model/state';
import { CallNotifications } from './notifications';
import { askPermission, permission } from './permission';

interface Message {
  readonly kind: string;
  readonly tag: string;
}

let posted: (Message & { readonly title?: string; readonly body?: string })[];
let asked: string[];
let lines: readonly Line[];
let tell: () => void;
let begin: () => void;
let workers: EventTarget;
let hidden: boolean;
let focused: boolean;
let place: string;

const line = (part: Partial<Line> = {}): Line =>
  ({
    id: 7,
    direction: 'in',
    state: 'ringing',
    remote: { name: 'Ann', number: '1001' },
    ...part,
  }) as Line;

function show(...now: readonly Line[]): void {
  lines = now;
  tell();
}

beforeEach(() => {
  // A separate page: the pages of earlier tests still listen.
  const heard: typeof posted = [];
  posted = heard;
  asked = [];
  lines = [];
  hidden = true;
  focused = false;
  place = 'here';
  workers = new EventTarget();
  vi.stubGlobal('Notification', {
    permission: 'granted',
    requestPermission: () => Promise.resolve('granted'),
  });
  vi.stubGlobal('navigator', { serviceWorker: workers });
  vi.spyOn(document, 'hidden', 'get').mockImplementation(() => hidden);
  vi.spyOn(document, 'hasFocus').mockImplementation(() => focused);
  const phone = {
    get state(): PhoneState {
      return { lines } as unknown as PhoneState;
    },
    get place() {
      return place;
    },
    subscribe: (observer: () => void) => {
      tell = observer;
      return () => undefined;
    },
    answer: (id: number) => asked.push(`answer ${id}`),
    decline: (id: number) => asked.push(`decline ${id}`),
  };
  const registration = { active: { postMessage: (message: Message) => heard.push(message) } };
  begin = () => {
    new CallNotifications(phone, registration as unknown as ServiceWorkerRegistration);
  };
  begin();
});
afterEach(() => {
  vi.unstubAllGlobals();
});

const choose = (action: string, tag = posted.at(-1)?.tag): void => {
  workers.dispatchEvent(new MessageEvent('message', { data: { kind: 'chosen', tag, action } }));
};
const kinds = (): string[] => posted.map(({ kind }) => kind);

describe('an incoming call while the page is hidden', () => {
  it('is shown once, with the caller, until it stops ringing', () => {
    show(line());
    show(line());
    expect(posted).toMatchObject([{ kind: 'ring', title: 'Ann', body: 'Incoming call from 1001' }]);
    show(line({ state: 'active' }));
    expect(kinds()).toEqual(['ring', 'quiet']);
    expect(posted[1]?.tag).toBe(posted[0]?.tag);
  });

  it('is shown again when somebody else calls on it', () => {
    show(line());
    show(line({ remote: { name: 'Carol', number: '1003' } }));
    expect(posted).toMatchObject([{ title: 'Ann' }, { title: 'Carol' }]);
    expect(posted[1]?.tag).toBe(posted[0]?.tag);
    choose('answer');
    expect(asked).toEqual(['answer 7']);
  });

  it('is shown too if it rang before the worker was ready', () => {
    lines = [line()];
    begin();
    expect(kinds()).toEqual(['ring']);
  });

  it('is shown by its number without a name', () => {
    show(line({ remote: { name: '', number: '1001' } }));
    expect(posted).toMatchObject([{ title: '1001', body: 'Incoming call' }]);
  });

  it('says that a number is withheld (N5)', () => {
    show(line({ remote: { name: '', number: '' } }));
    show(
      line({ remote: { name: '', number: '' } }),
      line({ id: 8, remote: { name: 'Ann', number: '' } }),
    );
    expect(posted).toMatchObject([
      { title: 'Number withheld', body: 'Incoming call' },
      { title: 'Ann', body: 'Incoming call from Number withheld' },
    ]);
  });

  it.each(['answer', 'decline'])('can be %sed there', (action) => {
    show(line());
    choose(action);
    expect(asked).toEqual([`${action} 7`]);
  });

  it('is neither answered nor declined by a click beside the actions', () => {
    show(line());
    choose('open');
    expect(asked).toEqual([]);
  });

  it('ignores the actions of another call', () => {
    show(line());
    choose('answer', 'other-7');
    expect(asked).toEqual([]);
  });

  it('is hidden when the page is visible, and shown again after that', () => {
    show(line());
    hidden = false;
    focused = true;
    document.dispatchEvent(new Event('visibilitychange'));
    expect(kinds()).toEqual(['ring', 'quiet']);
    focused = false;
    window.dispatchEvent(new Event('blur'));
    expect(kinds()).toEqual(['ring', 'quiet', 'ring']);
  });

  it('is removed when the page is closed', () => {
    show(line());
    window.dispatchEvent(new Event('pagehide'));
    expect(kinds()).toEqual(['ring', 'quiet']);
  });
});

it('is shown by the tab that rings only', () => {
  place = 'other-tab';
  show(line());
  expect(posted).toEqual([]);
});

it('is not shown for an outgoing call, on a visible page, or against the person’s choice', () => {
  show(line({ direction: 'out' }));
  hidden = false;
  focused = true;
  show(line());
  hidden = true;
  vi.stubGlobal('Notification', { permission: 'denied' });
  tell();
  expect(posted).toEqual([]);
});

it('asks the browser for permission, where the browser supports notifications', async () => {
  expect(await askPermission()).toBe('granted');
  vi.stubGlobal('navigator', {});
  expect(permission()).toBe('unsupported');
  expect(await askPermission()).toBe('unsupported');
});
