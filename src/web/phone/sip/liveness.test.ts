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

it('finds a connection that is silent within 10 s, and gives it up once', () => {
  vi.advanceTimersByTime(60_000);
  expect(given).toBe(0);
  answers = false;
  vi.advanceTimersByTime(10_000);
  expect(given).toBe(1);
  state = 'down';
  vi.advanceTimersByTime(60_000);
  expect(given).toBe(1);
});

it('gives up a connection that does not come about', () => {
  state = 'connecting';
  vi.advanceTimersByTime(4_000);
  expect(given).toBe(0);
  vi.advanceTimersByTime(4_000);
  expect(given).toBe(1);
});

it('waits a second only for an answer from a network that has just come', () => {
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

it('tries again soon where a new network leads nowhere yet', () => {
  state = 'down';
  window.dispatchEvent(new Event('online'));
  state = 'down';
  vi.advanceTimersByTime(500);
  expect(given).toBe(2);
  state = 'up';
  vi.advanceTimersByTime(3_000);
  expect(given).toBe(2);
});

it('tells when the connection has outlived a change of network', () => {
  vi.advanceTimersByTime(4_000);
  expect(outlived).toBe(0);
  window.dispatchEvent(new Event('online'));
  expect(outlived).toBe(1);
});

it.each([
  ['online', () => window.dispatchEvent(new Event('online'))],
  ['becoming visible', () => document.dispatchEvent(new Event('visibilitychange'))],
])('asks at once on %s', (_, happen) => {
  answers = false;
  happen();
  expect(asked).toBe(1);
  vi.advanceTimersByTime(4_000);
  expect(given).toBe(1);
});

it('asks anew after the machine has slept', () => {
  answers = false;
  vi.advanceTimersByTime(4_000);
  expect(asked).toBe(1);
  vi.setSystemTime(Date.now() + 60_000);
  vi.advanceTimersByTime(4_000);
  expect(asked).toBe(2);
});

it('does nothing before it is wanted, and nothing after the end', () => {
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
