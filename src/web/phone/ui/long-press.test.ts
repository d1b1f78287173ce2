import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LongPress } from './long-press';

let log: string[];
let press: LongPress;

beforeEach(() => {
  vi.useFakeTimers();
  log = [];
  press = new LongPress(
    () => log.push('tap'),
    () => log.push('long'),
  );
});
afterEach(() => {
  vi.useRealTimers();
});

it('taps when it is released before half a second', () => {
  press.down();
  vi.advanceTimersByTime(499);
  press.up();
  press.click();
  vi.advanceTimersByTime(1000);
  expect(log).toEqual(['tap']);
});

it('is long after half a second, and its click is no tap', () => {
  press.down();
  vi.advanceTimersByTime(500);
  expect(log).toEqual(['long']);
  press.up();
  press.click();
  expect(log).toEqual(['long']);
});

it('taps again after a long press', () => {
  press.down();
  vi.advanceTimersByTime(600);
  press.up();
  press.click();
  press.down();
  press.up();
  press.click();
  expect(log).toEqual(['long', 'tap']);
});

it('taps after a long press that ended beside the button, without a click', () => {
  press.down();
  vi.advanceTimersByTime(600);
  press.up();
  press.down();
  press.up();
  press.click();
  expect(log).toEqual(['long', 'tap']);
});

it('taps by keyboard, which only clicks', () => {
  press.click();
  press.click();
  expect(log).toEqual(['tap', 'tap']);
});
