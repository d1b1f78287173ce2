import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { load, pageLoaded } from './loading';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

describe('a module', () => {
  it('is requested again after 0.2, 1 and 3 s, and then no more', async () => {
    const part = vi.fn(() => Promise.reject(new TypeError('gone')));
    const failed = expect(load(part)).rejects.toThrow('gone');
    for (const [count, wait] of [200, 1000, 3000].entries()) {
      await vi.advanceTimersByTimeAsync(wait - 1);
      expect(part).toHaveBeenCalledTimes(count + 1);
      await vi.advanceTimersByTimeAsync(1);
      expect(part).toHaveBeenCalledTimes(count + 2);
    }
    await failed;
    await vi.advanceTimersByTimeAsync(60_000);
    expect(part).toHaveBeenCalledTimes(4);
  });

  it('is returned as soon as it is loaded', async () => {
    const part = vi.fn(() => Promise.resolve('part')).mockRejectedValueOnce(new TypeError('gone'));
    const loaded = load(part);
    await vi.advanceTimersByTimeAsync(200);
    expect(await loaded).toBe('part');
  });
});

describe('the page', () => {
  it.each(['loading', 'complete'] as const)('has loaded a while ago (%s)', async (state) => {
    vi.spyOn(document, 'readyState', 'get').mockReturnValue(state);
    const done = vi.fn();
    void pageLoaded(1000).then(done);
    if (state === 'loading') {
      await vi.advanceTimersByTimeAsync(5000);
      expect(done).not.toHaveBeenCalled();
      window.dispatchEvent(new Event('load'));
    }
    await vi.advanceTimersByTimeAsync(999);
    expect(done).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(done).toHaveBeenCalledTimes(1);
  });
});
