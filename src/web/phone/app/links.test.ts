import { afterEach, expect, it, vi } from 'vitest';
import { onFurtherLinks, takeLink } from './links';

afterEach(() => {
  vi.unstubAllGlobals();
  window.history.replaceState(null, '', '/');
});

it('removes the link from the page’s address once it was read', () => {
  window.history.replaceState(null, '', '/sip?call=1001&x=1');
  expect(takeLink()).toBe('1001');
  expect(window.location.search).toBe('?x=1');
  expect(takeLink()).toBe('');
});

it('keeps the plus sign of a link that was written by hand', () => {
  window.history.replaceState(null, '', '/sip?call=+49301234');
  expect(takeLink()).toBe('+49301234');
  window.history.replaceState(null, '', '/sip?call=tel%3A%2B4930');
  expect(takeLink()).toBe('tel:+4930');
});

it('receives a link that is opened in the window of the installed app', () => {
  let consumer: (launch: { targetURL?: string }) => void = () => undefined;
  vi.stubGlobal('launchQueue', { setConsumer: (given: typeof consumer) => (consumer = given) });
  const links: string[] = [];
  onFurtherLinks((link) => links.push(link));
  consumer({ targetURL: 'https://pbx.test/sip?call=tel%3A1001' });
  consumer({ targetURL: 'https://pbx.test/sip' });
  consumer({});
  expect(links).toEqual(['tel:1001']);
});
