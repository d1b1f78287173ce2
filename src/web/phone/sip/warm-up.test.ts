import { Grammar } from 'jssip';
import { expect, it, vi } from 'vitest';
import { HEADERS, warmUp } from './warm-up';

it('sends nothing', () => {
  vi.useFakeTimers();
  const sockets = vi.fn();
  vi.stubGlobal('WebSocket', sockets);
  warmUp();
  vi.runAllTimers();
  expect(sockets).not.toHaveBeenCalled();
  vi.unstubAllGlobals();
  vi.useRealTimers();
});

it.each(HEADERS)('uses the grammar of %s to its end', (rule, header) => {
  expect(Grammar.parse(header, rule)).not.toBe(-1);
});
