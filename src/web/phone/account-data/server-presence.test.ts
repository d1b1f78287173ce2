import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { ServerPresence } from './server-presence';
import type { Session } from './server-session';

type Entry = Readonly<Record<string, unknown>>;

let requests: { path: string; version: string | undefined; at: number }[] = [];
let answer: () => Response | Promise<Response> | null = () => null;
let hidden = false;
let changes = 0;
let presence: ServerPresence;

const session = {
  request: (path: string, { headers }: { headers?: Record<string, string> } = {}) => {
    requests.push({ path, version: headers?.['If-None-Match'], at: Date.now() });
    return Promise.resolve(answer());
  },
} as unknown as Session;

function told(...entries: readonly Entry[]): () => Response {
  const body = JSON.stringify({ presence: entries });
  return () => new Response(body, { headers: { ETag: `"${body.length}"` } });
}

const busy = told({ extension: '1001', state: 'busy' });
const fail =
  (status: number, headers: Record<string, string> = {}): (() => Response) =>
  () =>
    new Response('{}', { status, headers });

const pass = (seconds: number): Promise<unknown> => vi.advanceTimersByTimeAsync(seconds * 1000);
const states = (): unknown => Object.fromEntries(presence.states);

function setHidden(value: boolean): void {
  hidden = value;
  document.dispatchEvent(new Event('visibilitychange'));
}

/** The seconds between the requests so far. */
function pauses(): readonly number[] {
  return requests.slice(1).map(({ at }, place) => (at - (requests[place]?.at ?? 0)) / 1000);
}

beforeEach(() => {
  vi.useFakeTimers();
  vi.spyOn(document, 'hidden', 'get').mockImplementation(() => hidden);
  vi.spyOn(Math, 'random').mockReturnValue(0.5);
  requests = [];
  hidden = false;
  changes = 0;
  answer = busy;
  presence = new ServerPresence(
    session,
    () => {
      changes += 1;
    },
    Date.now,
  );
});

afterEach(() => {
  presence.reset();
  vi.useRealTimers();
});

/** Registered, with a view that shows these extensions. */
async function shown(...extensions: string[]): Promise<() => void> {
  presence.start();
  presence.watch(extensions);
  const hide = presence.show();
  await pass(0);
  return hide;
}

it('is asked for every few seconds, and only what has changed is told', async () => {
  await shown('1001', '1002@branch.example');
  expect(requests).toMatchObject([
    { path: '/presence?numbers=1001,1002%40branch.example', version: undefined },
  ]);
  expect(states()).toEqual({ '1001': 'busy' });
  const before = presence.states;
  answer = fail(304);
  await pass(5);
  expect(requests[1]?.version).toMatch(/^"\d+"$/);
  expect(presence.states).toBe(before);
  expect(changes).toBe(1);
  answer = told({ extension: '1001', state: 'available' });
  await pass(5);
  expect(states()).toEqual({ '1001': 'available' });
  expect(changes).toBe(2);
});

it('is asked for at varying times, so that phones do not ask together', async () => {
  vi.mocked(Math.random).mockReturnValueOnce(0).mockReturnValueOnce(1);
  await shown('1001');
  await pass(10);
  expect(pauses()).toEqual([4, 6]);
});

it('is asked for rarely while the page is hidden, and at once when it is seen again', async () => {
  await shown('1001');
  setHidden(true);
  await pass(5);
  expect(requests).toHaveLength(2);
  await pass(59);
  expect(requests).toHaveLength(2);
  answer = told({ extension: '1001', state: 'available' });
  setHidden(false);
  await pass(0);
  expect(states()).toEqual({ '1001': 'available' });
  expect(requests).toHaveLength(3);
});

it('is asked for while a view shows somebody, and a phone is registered', async () => {
  presence.watch(['1001']);
  presence.show()();
  await pass(60);
  expect(requests).toEqual([]);
  presence.start();
  await pass(60);
  expect(requests).toEqual([]);
  const hideOne = presence.show();
  const hideOther = presence.show();
  await pass(0);
  expect(requests).toHaveLength(1);
  hideOne();
  await pass(5);
  expect(requests).toHaveLength(2);
  hideOther();
  await pass(60);
  expect(requests).toHaveLength(2);
  presence.watch([]);
  presence.show();
  await pass(60);
  expect(requests).toHaveLength(2);
  expect(states()).toEqual({});
});

it('of other extensions is asked for at once, and the answer for the former ones is dropped', async () => {
  let tell: (response: Response) => void = () => undefined;
  answer = () =>
    new Promise((resolve) => {
      tell = resolve;
    });
  await shown('1001');
  answer = told({ extension: '1002', state: 'offline' });
  presence.watch(['1002']);
  await pass(0);
  tell(busy());
  await pass(0);
  expect(states()).toEqual({ '1002': 'offline' });
  expect(requests.map(({ path }) => path)).toEqual([
    '/presence?numbers=1001',
    '/presence?numbers=1002',
  ]);
});

it('is asked for more and more rarely after errors', async () => {
  await shown('1001');
  answer = fail(503);
  await pass(3600);
  const [first = 0, ...others] = pauses();
  expect(first).toBe(5);
  expect(others.slice(0, 3)).toEqual([12.5, 25, 50]);
  expect(Math.max(...others)).toBe(250);
  answer = busy;
  await pass(250);
  await pass(5);
  expect(pauses().at(-1)).toBe(5);
});

it('waits as long as the server says, whatever happens meanwhile', async () => {
  await shown('1001');
  answer = fail(429, { 'Retry-After': '20' });
  await pass(5);
  await pass(1);
  setHidden(true);
  setHidden(false);
  presence.start();
  presence.watch(['1001', '1002']);
  answer = busy;
  await pass(18.9);
  expect(requests).toHaveLength(2);
  await pass(0.1);
  expect(requests).toHaveLength(3);
});

it.each([
  ['no answer', () => null],
  ['an error', fail(500)],
  ['no JSON', () => new Response('<html>')],
  ['another thing', () => new Response('{"presence": 7}')],
])('is not shown any more once it is old: %s', async (_what, wrong) => {
  await shown('1001');
  answer = wrong;
  await pass(10);
  expect(states()).toEqual({ '1001': 'busy' });
  await pass(30);
  expect(states()).toEqual({});
  answer = busy;
  await pass(60);
  expect(states()).toEqual({ '1001': 'busy' });
  expect(requests.find(({ version }, place) => place > 0 && version === undefined)).toBeDefined();
});

it('is not shown while the server lets the phone wait for long', async () => {
  await shown('1001');
  answer = fail(503, { 'Retry-After': '600' });
  await pass(5);
  expect(states()).toEqual({});
});

it('is not asked for again where the server does not tell, until the next registration', async () => {
  await shown('1001');
  answer = fail(404);
  await pass(5);
  expect(states()).toEqual({});
  await pass(3600);
  expect(requests).toHaveLength(2);
  presence.start();
  await pass(0);
  expect(requests).toHaveLength(3);
});

it('ends with the session', async () => {
  await shown('1001');
  presence.reset();
  await pass(60);
  expect(states()).toEqual({});
  expect(requests).toHaveLength(1);
});

it('takes what it understands of an answer', async () => {
  answer = told(
    { extension: '1001', state: 'ringing' },
    { extension: '1002', state: 'on holiday' },
    { extension: 7, state: 'busy' },
    null as unknown as Entry,
  );
  await shown('1001', '1002');
  expect(states()).toEqual({ '1001': 'ringing' });
});
