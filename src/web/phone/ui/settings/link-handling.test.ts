import { afterEach, expect, it, vi } from 'vitest';
import { canHandleLinks, handleLinks } from './link-handling';

afterEach(() => {
  vi.unstubAllGlobals();
});

it('registers the page for tel: and sip: where the browser supports that', () => {
  vi.stubGlobal('navigator', {});
  expect(canHandleLinks()).toBe(false);
  const registerProtocolHandler = vi.fn();
  vi.stubGlobal('navigator', { registerProtocolHandler });
  window.history.replaceState(null, '', '/sip?x=1');
  expect(canHandleLinks()).toBe(true);
  handleLinks();
  const url = `${window.location.origin}/sip?call=%s`;
  expect(registerProtocolHandler.mock.calls).toEqual([
    ['tel', url],
    ['sip', url],
  ]);
});
