import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { asksForLogIn, proxyLogIn } from './proxy-log-in';

const ofType = (type: string, status = 200): Response =>
  new Response('', { status, headers: type === '' ? {} : { 'Content-Type': type } });
const redirect = (): Response =>
  Object.defineProperty(Response.error(), 'type', { value: 'opaqueredirect' });

beforeEach(() => {
  proxyLogIn.note(ofType('text/html'), 'page');
});
afterEach(() => {
  vi.unstubAllGlobals();
});

it.each([
  ['a redirect', redirect(), true, true],
  ['the 401 of nginx', ofType('text/html', 401), true, true],
  ['the 401 of Traefik', ofType('text/plain', 401), true, true],
  ['the 401 of Caddy', new Response(null, { status: 401 }), true, true],
  ['a page', ofType('text/html; charset=utf-8'), true, false],
  ['the end of a session', ofType('application/problem+json', 401), false, false],
  ['what was asked for', ofType('application/json'), false, false],
  ['what has not changed', new Response(null, { status: 304 }), false, false],
  ['a gateway whose server is away', ofType('text/html', 502), false, false],
  ['a refusal', ofType('text/html', 403), false, false],
])(
  '%s in place of JSON asks for a log-in or not',
  (_what, answer, inPlaceOfJson, inPlaceOfPage) => {
    expect(asksForLogIn(answer, 'json')).toBe(inPlaceOfJson);
    expect(asksForLogIn(answer, 'page')).toBe(inPlaceOfPage);
  },
);

it('tells when a log-in is needed, and when it is not any more', async () => {
  let answer: () => Promise<Response> = () => Promise.resolve(redirect());
  vi.stubGlobal('fetch', () => answer());
  const changed = vi.fn();
  const end = proxyLogIn.subscribe(changed);
  await proxyLogIn.check();
  await proxyLogIn.check();
  expect(proxyLogIn.isNeeded).toBe(true);
  expect(changed).toHaveBeenCalledTimes(1);
  answer = () => Promise.reject(new TypeError('Failed to fetch'));
  await proxyLogIn.check();
  expect(proxyLogIn.isNeeded).toBe(true);
  answer = () => Promise.resolve(ofType('text/html'));
  await proxyLogIn.check();
  expect(proxyLogIn.isNeeded).toBe(false);
  expect(changed).toHaveBeenCalledTimes(2);
  end();
});
