import { expect, vi } from 'vitest';

/** Of this module: counts from nothing where the module is loaded anew. */
let visits = 0;

/** Expects nothing of another test file, then leaves behind all that a test file may leave. */
export async function findNothingAndLeaveAll(): Promise<void> {
  expect(vi.isFakeTimers()).toBe(false);
  const channel = new BroadcastChannel('left-behind');
  channel.postMessage('heard');
  // An interval of another file would write into the page meanwhile, and so would its channel.
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(document.title).toBe('');
  expect(++visits).toBe(1);
  expect(localStorage).toHaveLength(0);
  expect(customElements.get('left-behind')).toBeUndefined();
  expect(globalThis).not.toHaveProperty('leftBehind');

  channel.onmessage = () => {
    document.title += 'heard';
  };
  setInterval(() => {
    document.title += 'tick';
  }, 1);
  localStorage.setItem('left', 'behind');
  customElements.define('left-behind', class extends HTMLElement {});
  Object.assign(globalThis, { leftBehind: true });
  vi.useFakeTimers();
}
