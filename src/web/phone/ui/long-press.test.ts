import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { LongPress } from './long-press';

let log: string[];
let press: LongPress;
let captured: Set<number>;

/** An event of this pointer, as a button with pointer capture receives it. */
function at(x: number, y: number): PointerEvent {
  const button = {
    setPointerCapture: (id: number) => captured.add(id),
    hasPointerCapture: (id: number) => captured.has(id),
    releasePointerCapture: (id: number) => {
      captured.delete(id);
      press.end();
    },
  };
  const event = { currentTarget: button, pointerId: 1, clientX: x, clientY: y };
  return event as unknown as PointerEvent;
}

function down(): void {
  press.down(at(100, 100));
}

beforeEach(() => {
  vi.useFakeTimers();
  log = [];
  captured = new Set();
  press = new LongPress(
    () => log.push('tap'),
    () => log.push('long'),
  );
});
afterEach(() => {
  vi.useRealTimers();
});

it('taps when it is released before half a second', () => {
  down();
  vi.advanceTimersByTime(499);
  press.end();
  press.click();
  vi.advanceTimersByTime(1000);
  expect(log).toEqual(['tap']);
});

it('is long after half a second, and its click is not a tap', () => {
  down();
  vi.advanceTimersByTime(500);
  expect(log).toEqual(['long']);
  press.end();
  press.click();
  expect(log).toEqual(['long']);
});

it('taps again after a long press', () => {
  down();
  vi.advanceTimersByTime(600);
  press.end();
  press.click();
  down();
  press.end();
  press.click();
  expect(log).toEqual(['long', 'tap']);
});

it('taps after a long press that ended beside the button, without a click', () => {
  down();
  vi.advanceTimersByTime(600);
  press.end();
  down();
  press.end();
  press.click();
  expect(log).toEqual(['long', 'tap']);
});

it('taps by keyboard, which sends clicks only', () => {
  press.click();
  press.click();
  expect(log).toEqual(['tap', 'tap']);
});

it('continues while the finger trembles, and ends when it slides away', () => {
  down();
  press.move(at(110, 90));
  expect(captured.has(1)).toBe(true);
  press.move(at(100, 130));
  expect(captured.has(1)).toBe(false);
  vi.advanceTimersByTime(1000);
  expect(log).toEqual([]);
});
