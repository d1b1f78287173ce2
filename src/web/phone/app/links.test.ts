import { afterEach, expect, it, vi } from 'vitest';
import { onFurtherLinks, takeNumber } from './links';

afterEach(() => {
  vi.unstubAllGlobals();
  window.history.replaceState(null, '', '/');
});

it('removes the number from the page’s address once it was read', () => {
  window.history.replaceState(null, '', '/sip?call=1001&x=1');
  expect(takeNumber()).toBe('1001');
  expect(window.location.search).toBe('?x=1');
  expect(takeNumber()).toBe('');
});

it('receives a link that is opened in the window of the installed app', () => {
  let consumer: (launch: { targetURL?: string }) => void = () => undefined;
  vi.stubGlobal('launchQueue', { setConsumer: (given: typeof consumer) => (consumer = given) });
  const numbers: string[] = [];
  onFurtherLinks((number) => numbers.push(number));
  consumer({ targetURL: 'https://pbx.test/sip?call=tel%3A1001' });
  consumer({ targetURL: 'https://pbx.test/sip' });
  consumer({});
  expect(numbers).toEqual(['1001']);
});
