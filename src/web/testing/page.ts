/** A page of its own for each test file. All files run in one process, which loads the DOM once;
    the page is closed after its file, which ends its timers, requests and channels. */
import { Window } from 'happy-dom';
import { afterAll, expect, vi } from 'vitest';
import { populateGlobal } from 'vitest/environments';

/** Records timers; returns a function that ends those that were started since, and those that the
    page starts later. */
function recordTimers(): () => void {
  const { setTimeout: once, setInterval: repeat, setImmediate: soon } = globalThis;
  const ends: (() => void)[] = [];
  let ended = false;
  const recorded = <Timer>(start: (...args: never[]) => Timer, end: (timer: Timer) => void) =>
    Object.assign((...args: never[]) => {
      const timer = start(...args);
      ends.push(() => {
        end(timer);
      });
      if (ended) {
        end(timer);
      }
      return timer;
    }, start);
  Object.assign(globalThis, {
    setTimeout: recorded(once, clearTimeout),
    setInterval: recorded(repeat, clearInterval),
    setImmediate: recorded(soon, clearImmediate),
  });
  return () => {
    ended = true;
    for (const end of ends) {
      end();
    }
    Object.assign(globalThis, { setTimeout: once, setInterval: repeat, setImmediate: soon });
  };
}

/** Records channels between tabs; returns a function that closes them. */
function recordChannels(): () => void {
  const Channel = globalThis.BroadcastChannel;
  const channels: BroadcastChannel[] = [];
  globalThis.BroadcastChannel = class extends Channel {
    constructor(name: string) {
      super(name);
      channels.push(this);
    }
  };
  return () => {
    for (const channel of channels) {
      channel.close();
    }
    globalThis.BroadcastChannel = Channel;
  };
}

/** Opens a page, whose globals are those of the tests; returns a function that closes it. What was
    added to the globals since is removed. */
function openPage(): () => Promise<void> {
  const before = new Set(Reflect.ownKeys(globalThis));
  const page = new Window({ console, url: 'http://localhost:3000' });
  const { originals } = populateGlobal(globalThis, page, {
    bindFunctions: true,
    additionalKeys: ['Request', 'Response', 'MessagePort', 'fetch'],
  });
  return async () => {
    await page.happyDOM.close();
    for (const key of Reflect.ownKeys(globalThis)) {
      if (!before.has(key)) {
        Reflect.deleteProperty(globalThis, key);
      }
    }
    originals.forEach((value, key) => Reflect.set(globalThis, key, value));
  };
}

// Its clock lasts longer than the page: it shall keep the timers of the process.
vi.useRealTimers();

const endTimers = recordTimers();
const closeChannels = recordChannels();
const closePage = expect.getState().environment === 'page' ? openPage() : undefined;

afterAll(async () => {
  vi.useRealTimers();
  // What a slow machine still loads would run without a page.
  await vi.dynamicImportSettled();
  vi.unstubAllGlobals();
  endTimers();
  closeChannels();
  await closePage?.();
});
