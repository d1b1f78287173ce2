import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeDevices, FakeFeed, FakeStream, input, settle } from '../testing/fake-media';
import { Microphone, type Wanted } from './microphone';

let devices: FakeDevices;
let wanted: Wanted;
let said: (string | null)[];
let microphone: Microphone;

const asFake = (stream: MediaStream): FakeStream => stream as unknown as FakeStream;
const feeding = (stream: MediaStream): FakeFeed => {
  const feed = new FakeFeed(stream);
  microphone.feed(stream, { connection: feed as unknown as RTCPeerConnection });
  return feed;
};
const states = (): string[] => devices.opened.map(({ track }) => track.readyState);

beforeEach(() => {
  devices = new FakeDevices(input('built-in'), input('jabra'));
  vi.stubGlobal('navigator', { mediaDevices: devices });
  wanted = {
    deviceId: null,
    echoCancellation: true,
    noiseSuppression: false,
    autoGainControl: true,
  };
  said = [];
  microphone = new Microphone(() => wanted);
  microphone.changed = (label) => said.push(label);
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe('microphone streams', () => {
  it('share one capture, with a track of its own for each call', async () => {
    const [first, second] = await Promise.all([microphone.acquire(), microphone.acquire()]);
    expect(devices.getUserMedia).toHaveBeenCalledTimes(1);
    expect(first).not.toBe(second);
    expect(devices.opened[0]?.clones).toEqual([first, second]);
  });

  it('end their track with the call, and the capture after the last call', async () => {
    const first = await microphone.acquire();
    const second = await microphone.acquire();
    microphone.release(first);
    expect(devices.opened[0]?.clones.map((clone) => clone.track.readyState)).toEqual([
      'ended',
      'live',
    ]);
    expect(states()).toEqual(['live']);
    microphone.release(second);
    await settle();
    expect(states()).toEqual(['ended']);
    await microphone.acquire();
    expect(devices.getUserMedia).toHaveBeenCalledTimes(2);
  });

  it('keep the capture open for a call that is waiting for it', async () => {
    const first = await microphone.acquire();
    const second = microphone.acquire();
    microphone.release(first);
    await second;
    expect(states()).toEqual(['live']);
  });

  it('ask the browser again after a refusal', async () => {
    devices.getUserMedia.mockRejectedValueOnce(new DOMException('', 'NotAllowedError'));
    await expect(microphone.acquire()).rejects.toThrow();
    await expect(microphone.acquire()).resolves.toBeDefined();
  });

  it('open another device after this one was unplugged', async () => {
    await microphone.acquire();
    devices.plug(input('jabra'));
    await settle();
    await microphone.acquire();
    expect(said).toEqual(['built-in', null, 'jabra']);
  });

  it('report a page without TLS differently from a refusal', async () => {
    vi.stubGlobal('navigator', {});
    await expect(microphone.acquire()).rejects.toMatchObject({ name: 'InsecurePageError' });
  });
});

describe('the microphone', () => {
  it('is the chosen one, with the chosen audio processing', async () => {
    wanted = { ...wanted, deviceId: 'jabra' };
    await microphone.acquire();
    expect(devices.asked).toEqual([
      {
        deviceId: { exact: 'jabra' },
        echoCancellation: true,
        noiseSuppression: false,
        autoGainControl: true,
      },
    ]);
  });

  it('is any other device if the chosen one cannot be opened', async () => {
    wanted = { ...wanted, deviceId: 'gone' };
    await microphone.acquire();
    expect(devices.current).toBe('built-in');
  });

  it('is asked for only once when the browser refuses', async () => {
    wanted = { ...wanted, deviceId: 'jabra' };
    devices.getUserMedia.mockRejectedValueOnce(new DOMException('', 'NotAllowedError'));
    await expect(microphone.acquire()).rejects.toThrow();
    expect(devices.getUserMedia).toHaveBeenCalledTimes(1);
  });
});

describe('a change of the microphone', () => {
  it('reaches every call, keeps muted calls muted, and closes the old device', async () => {
    const talking = await microphone.acquire();
    const muted = await microphone.acquire();
    const feeds = [feeding(talking), feeding(muted)];
    const old = asFake(muted).getAudioTracks()[0];
    asFake(muted)
      .getAudioTracks()
      .forEach((track) => (track.enabled = false));

    wanted = { ...wanted, deviceId: 'jabra' };
    await microphone.reopen();

    expect(feeds.map(({ sender }) => sender.track?.label)).toEqual(['jabra', 'jabra']);
    expect(feeds.map(({ sender }) => sender.track?.enabled)).toEqual([true, false]);
    expect(asFake(muted).getAudioTracks()).toEqual([feeds[1]?.sender.track]);
    expect(old?.readyState).toBe('ended');
    expect(states()).toEqual(['ended', 'live']);
  });

  it('is ignored without a call, or when the choice stays the same', async () => {
    await microphone.reopen();
    expect(devices.getUserMedia).not.toHaveBeenCalled();
    await microphone.acquire();
    await microphone.reopen();
    expect(devices.getUserMedia).toHaveBeenCalledTimes(1);
  });

  it('leaves the call as it was when the new device cannot be opened', async () => {
    const stream = await microphone.acquire();
    const feed = feeding(stream);
    wanted = { ...wanted, echoCancellation: false };
    devices.getUserMedia.mockRejectedValueOnce(new DOMException('', 'NotReadableError'));
    await expect(microphone.reopen()).rejects.toThrow();
    expect(feed.sender.replaceTrack).not.toHaveBeenCalled();
    expect(states()).toEqual(['live']);
    await microphone.reopen();
    expect(states()).toEqual(['ended', 'live']);
  });

  it('applies the last of several choices and leaves one device open', async () => {
    const feed = feeding(await microphone.acquire());
    wanted = { ...wanted, deviceId: 'jabra' };
    const first = microphone.reopen();
    wanted = { ...wanted, deviceId: 'built-in' };
    await Promise.all([first, microphone.reopen()]);
    await settle();
    expect(feed.sender.track?.label).toBe('built-in');
    expect(states().filter((state) => state === 'live')).toHaveLength(1);
  });

  it('closes everything when the last call ends meanwhile', async () => {
    const stream = await microphone.acquire();
    wanted = { ...wanted, deviceId: 'jabra' };
    const reopening = microphone.reopen();
    await vi.waitFor(() => {
      expect(devices.getUserMedia).toHaveBeenCalledTimes(2);
    });
    microphone.release(stream);
    await reopening;
    await settle();
    expect(states()).toEqual(['ended', 'ended']);
  });

  it('gives the new device to a call that starts meanwhile', async () => {
    await microphone.acquire();
    wanted = { ...wanted, deviceId: 'jabra' };
    const [stream] = await Promise.all([microphone.acquire(), microphone.reopen()]);
    expect(asFake(stream).getAudioTracks()[0]?.label).toBe('jabra');
  });

  it('restores the sound of a call whose device was unplugged', async () => {
    const feed = feeding(await microphone.acquire());
    devices.plug(input('jabra'));
    await settle();
    await microphone.reopen();
    expect(feed.sender.track?.label).toBe('jabra');
    expect(feed.sender.track?.readyState).toBe('live');
  });

  it('reports to the calls that the microphone is gone, and that it is back', async () => {
    const stream = await microphone.acquire();
    const silences: boolean[] = [];
    microphone.feed(stream, { onSilence: (silent) => silences.push(silent) });
    devices.plug();
    await settle();
    await expect(microphone.reopen()).rejects.toThrow();
    expect(silences).toEqual([true]);
    devices.plug(input('webcam'));
    await microphone.reopen();
    expect(silences).toEqual([true, false]);
    expect(asFake(stream).getAudioTracks()[0]?.label).toBe('webcam');
  });

  it('reports nothing for an old device that is unplugged after it was replaced', async () => {
    await microphone.acquire();
    wanted = { ...wanted, deviceId: 'jabra' };
    await microphone.reopen();
    devices.opened[0]?.track.end();
    await settle();
    expect(said).toEqual(['built-in', 'jabra']);
  });
});
