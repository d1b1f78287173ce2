import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Liveness, type ConnectionProbe } from './liveness';

let wanted: boolean;
let state: ReturnType<ConnectionProbe['state']>;
let answers = true;
let asked = 0;
let given = 0;
let outlived = 0;
let liveness: Liveness;

beforeEach(() => {
  vi.useFakeTimers();
  wanted = true;
  state = 'up';
  answers = true;
  outlived = 0;
  asked = 0;
  given = 0;
  liveness = new Liveness({
    isWanted: () => wanted,
    state: () => state,
    ask: (answered) => {
      asked += 1;
      if (answers) {
        answered();
      }
    },
    renew: () => {
      given += 1;
      state = 'connecting';
    },
    onConnectionSurvived: () => {
      outlived += 1;
    },
  });
  liveness.start();
});
afterEach(() => {
  liveness.stop();
  vi.useRealTimers();
});

it('finds a silent connection within 10 s, and replaces it once', () => {
  vi.advanceTimersByTime(60_000);
  expect(given).toBe(0);
  answers = false;
  vi.advanceTimersByTime(10_000);
  expect(given).toBe(1);
  state = 'down';
  vi.advanceTimersByTime(60_000);
  expect(given).toBe(1);
});

it('gives up a connection attempt that takes too long', () => {
  state = 'connecting';
  vi.advanceTimersByTime(4_000);
  expect(given).toBe(0);
  vi.advanceTimersByTime(4_000);
  expect(given).toBe(1);
});

it('waits only a second for an answer on a new network', () => {
  answers = false;
  window.dispatchEvent(new Event('online'));
  vi.advanceTimersByTime(1_000);
  expect(given).toBe(1);
});

it.each(['connecting', 'down'] as const)('connects at once on a new network when %s', (was) => {
  state = was;
  window.dispatchEvent(new Event('online'));
  expect(given).toBe(1);
});

it('tries again soon where a new network has no route yet', () => {
  state = 'down';
  window.dispatchEvent(new Event('online'));
  state = 'down';
  vi.advanceTimersByTime(500);
  expect(given).toBe(2);
  state = 'up';
  vi.advanceTimersByTime(3_000);
  expect(given).toBe(2);
});

it('reports a connection that still works after a change of network', () => {
  vi.advanceTimersByTime(4_000);
  expect(outlived).toBe(0);
  window.dispatchEvent(new Event('online'));
  expect(outlived).toBe(1);
});

it.each([
  ['online', () => window.dispatchEvent(new Event('online'))],
  ['becoming visible', () => document.dispatchEvent(new Event('visibilitychange'))],
])('probes at once on %s', (_, happen) => {
  answers = false;
  happen();
  expect(asked).toBe(1);
  vi.advanceTimersByTime(4_000);
  expect(given).toBe(1);
});

it('probes again after the machine has slept', () => {
  answers = false;
  vi.advanceTimersByTime(4_000);
  expect(asked).toBe(1);
  vi.setSystemTime(Date.now() + 60_000);
  vi.advanceTimersByTime(4_000);
  expect(asked).toBe(2);
});

it('does nothing before it is started, and nothing after the stop', () => {
  wanted = false;
  state = 'down';
  vi.advanceTimersByTime(20_000);
  window.dispatchEvent(new Event('online'));
  expect(given).toBe(0);
  wanted = true;
  state = 'up';
  liveness.stop();
  vi.advanceTimersByTime(20_000);
  expect(asked).toBe(0);
});
