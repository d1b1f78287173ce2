import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Microphone } from './microphone';

class FakeTrack extends EventTarget {
  readyState = 'live';
  stop(): void {
    this.readyState = 'ended';
  }
}

class FakeStream {
  readonly clones: FakeStream[] = [];
  readonly track = new FakeTrack();
  getTracks(): FakeTrack[] {
    return [this.track];
  }
  clone(): FakeStream {
    const copy = new FakeStream();
    this.clones.push(copy);
    return copy;
  }
}

let opened: FakeStream[];
let open: ReturnType<typeof vi.fn<() => Promise<FakeStream>>>;

beforeEach(() => {
  opened = [];
  open = vi.fn(() => {
    const stream = new FakeStream();
    opened.push(stream);
    return Promise.resolve(stream);
  });
  vi.stubGlobal('navigator', { mediaDevices: { getUserMedia: open } });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

it('opens the device once and gives each call a track of its own', async () => {
  const microphone = new Microphone();
  const [first, second] = await Promise.all([microphone.acquire(), microphone.acquire()]);
  expect(open).toHaveBeenCalledTimes(1);
  expect(first).not.toBe(second);
  expect(opened[0]?.clones).toEqual([first, second]);
});

it('stops a track with its call, and the device after the last', async () => {
  const microphone = new Microphone();
  const first = await microphone.acquire();
  const second = await microphone.acquire();
  microphone.release(first);
  expect(opened[0]?.clones.map((clone) => clone.track.readyState)).toEqual(['ended', 'live']);
  expect(opened[0]?.track.readyState).toBe('live');
  microphone.release(second);
  await Promise.resolve();
  expect(opened[0]?.track.readyState).toBe('ended');
  await microphone.acquire();
  expect(open).toHaveBeenCalledTimes(2);
});

it('keeps the device for a call that is waiting for it', async () => {
  const microphone = new Microphone();
  const first = await microphone.acquire();
  const second = microphone.acquire();
  microphone.release(first);
  await second;
  expect(opened).toHaveLength(1);
  expect(opened[0]?.track.readyState).toBe('live');
});

it('asks again after a refusal', async () => {
  open.mockRejectedValueOnce(new DOMException('', 'NotAllowedError'));
  const microphone = new Microphone();
  await expect(microphone.acquire()).rejects.toThrow();
  await expect(microphone.acquire()).resolves.toBeDefined();
});

it('opens another device after this one was unplugged', async () => {
  const microphone = new Microphone();
  await microphone.acquire();
  opened[0]?.track.dispatchEvent(new Event('ended'));
  await microphone.acquire();
  expect(open).toHaveBeenCalledTimes(2);
});

it('tells a page without TLS from a refusal', async () => {
  vi.stubGlobal('navigator', {});
  await expect(new Microphone().acquire()).rejects.toMatchObject({ name: 'InsecurePageError' });
});
