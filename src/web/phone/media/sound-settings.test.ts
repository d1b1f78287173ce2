import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeAudio } from '../testing/fake-audio';
import { FakeDevices, FakeFeed, input, output, settle, type Plugged } from '../testing/fake-media';
import { SoundSettings } from './sound-settings';

const builtIn = input('a', 'Built-in');
const webcam = input('b', 'Webcam');
const headset = input('c', 'Jabra Evolve');
const speakers = output('s', 'Speakers');
const phones = output('h', 'Jabra Evolve');

let audio: FakeAudio;
let devices: FakeDevices;
let sound: SoundSettings;

async function start(...plugged: readonly Plugged[]): Promise<void> {
  devices.plugged = plugged;
  sound = new SoundSettings();
  await settle();
}

async function talk(): Promise<FakeFeed> {
  const stream = await sound.microphone.acquire();
  const feed = new FakeFeed(stream);
  sound.microphone.feed(stream, { connection: feed as unknown as RTCPeerConnection });
  await settle();
  return feed;
}

beforeEach(() => {
  localStorage.clear();
  audio = new FakeAudio();
  devices = new FakeDevices();
  Object.assign(navigator, { mediaDevices: devices });
});
afterEach(() => {
  vi.unstubAllGlobals();
});

describe('the choice of devices', () => {
  it('offers the devices that exist, and uses the system’s default without a choice', async () => {
    await start(builtIn, webcam, speakers);
    expect(sound.state.devices.microphone.map(({ label }) => label)).toEqual([
      'Built-in',
      'Webcam',
    ]);
    expect(sound.state.devices.ringer.map(({ label }) => label)).toEqual(['Speakers']);
    expect(sound.state.inUse).toEqual({ microphone: null, speaker: null, ringer: null });
    expect(sound.state.obstacle).toEqual({ microphone: '', speaker: '', ringer: '' });
  });

  it('prefers a headset for talking, and rings on a speaker', async () => {
    await start(builtIn, headset, speakers, phones);
    expect(sound.state.inUse).toMatchObject({
      microphone: { id: 'c' },
      speaker: { id: 'h' },
      ringer: null,
    });
  });

  it('applies to the call that is up, and is kept for the next time', async () => {
    await start(builtIn, webcam, speakers, phones);
    const feed = await talk();
    sound.outputs.play({} as MediaStream);
    sound.choose('microphone', 'b');
    sound.choose('speaker', 's');
    await settle();
    expect(feed.sender.track?.label).toBe('Webcam');
    expect(audio.elements).toMatchObject([{ sink: 's' }]);
    expect(sound.state.notice).toBe('');

    await start(builtIn, input('new id', 'Webcam'), speakers);
    expect(sound.state.inUse).toMatchObject({ microphone: { id: 'new id' }, speaker: { id: 's' } });
    sound.choose('microphone', null);
    expect(sound.state.inUse.microphone).toBeNull();
  });

  it('applies audio processing to the call that is up', async () => {
    await start(builtIn);
    await talk();
    sound.prefer({ echoCancellation: false });
    await settle();
    expect(devices.asked.at(-1)).toMatchObject({ echoCancellation: false });
  });

  it('says why no device can be chosen', async () => {
    await start(speakers);
    expect(sound.state.obstacle).toMatchObject({ microphone: 'There is no microphone.' });
    devices.allowed = false;
    await start(builtIn, speakers);
    expect(sound.state.obstacle.microphone).toMatch(/Allow the microphone/);
    expect(sound.state.obstacle.speaker).toMatch(/Allow the microphone/);
    audio.routes = 'nothing';
    await start(builtIn, speakers);
    expect(sound.state.obstacle.ringer).toMatch(/set in the system/);
    expect(sound.state.devices.ringer).toEqual([]);
  });

  it('is possible once the microphone is allowed', async () => {
    devices.allowed = false;
    await start(builtIn, webcam);
    await sound.allowMicrophone();
    expect(sound.state.devices.microphone).toHaveLength(2);
    expect(sound.microphone.isLent()).toBe(false);
    devices.getUserMedia.mockRejectedValueOnce(new DOMException('', 'NotAllowedError'));
    await sound.allowMicrophone();
    expect(sound.state.notice).toMatch(/address bar/);
    sound.readNotice();
    expect(sound.state.notice).toBe('');
  });

  it('takes effect in the first call if the browser gives the names only then', async () => {
    await start(builtIn, webcam);
    sound.choose('microphone', 'b');
    devices.allowed = false;
    await start(builtIn, webcam);
    const feed = await talk();
    expect(feed.sender.track?.label).toBe('Webcam');
    expect(sound.state.notice).toBe('');
  });
});

describe('devices during a call', () => {
  it('switch to a headset that is plugged in, with a notice', async () => {
    await start(builtIn, speakers);
    const feed = await talk();
    devices.plug(builtIn, headset, speakers, phones);
    await settle();
    expect(feed.sender.track?.label).toBe('Jabra Evolve');
    expect(sound.state.inUse.speaker?.id).toBe('h');
    expect(sound.state.notice).toBe('Now using Jabra Evolve.');
  });

  it('switch away from a device that is unplugged, with a notice', async () => {
    await start(builtIn, headset);
    const feed = await talk();
    devices.plug(builtIn);
    await settle();
    expect(feed.sender.track).toMatchObject({ label: 'Built-in', readyState: 'live' });
    expect(sound.state.notice).toBe('Jabra Evolve was unplugged. Now using Built-in.');
  });

  it('report the last microphone that is unplugged, until there is another', async () => {
    await start(builtIn);
    const feed = await talk();
    devices.plug();
    await settle();
    expect(sound.state.notice).toMatch(/^Built-in was unplugged, and there is no other/);
    devices.plug(webcam);
    await settle();
    expect(feed.sender.track).toMatchObject({ label: 'Webcam', readyState: 'live' });
    expect(sound.state.notice).toBe('Built-in was unplugged. Now using Webcam.');
  });

  it('give no notice of a device that is not in use', async () => {
    await start(builtIn);
    await talk();
    devices.plug(builtIn, webcam);
    await settle();
    expect(sound.state.notice).toBe('');
  });
});

describe('blocked sound', () => {
  it('is reported until a click has allowed it', async () => {
    vi.useFakeTimers();
    audio.allowed = false;
    await start(builtIn);
    sound.unlock();
    await vi.advanceTimersByTimeAsync(1000);
    expect(sound.state.soundBlocked).toBe(true);
    audio.allowed = true;
    window.dispatchEvent(new Event('click'));
    await vi.advanceTimersByTimeAsync(1000);
    expect(sound.state.soundBlocked).toBe(false);
    vi.useRealTimers();
  });

  it('is reported for a call that cannot be heard', async () => {
    audio.allowed = false;
    await start(builtIn);
    sound.outputs.play({} as MediaStream);
    await settle();
    expect(sound.state.soundBlocked).toBe(true);
  });
});

it('measures no level before the microphone is allowed', async () => {
  devices.allowed = false;
  await start(builtIn);
  const end = sound.watchLevel(() => undefined);
  await settle();
  expect(devices.getUserMedia).not.toHaveBeenCalled();
  end();
});

it('notifies observers of every change until they unsubscribe', async () => {
  await start(builtIn);
  const observer = vi.fn();
  const end = sound.subscribe(observer);
  sound.prefer({ ringVolume: 0.2 });
  expect(observer).toHaveBeenCalled();
  expect(sound.state.preferences.ringVolume).toBe(0.2);
  end();
  observer.mockClear();
  sound.prefer({ ringVolume: 0.3 });
  expect(observer).not.toHaveBeenCalled();
});

it('rings for a moment to try the ringtone', async () => {
  await start(builtIn);
  sound.tryRinger();
  expect(audio.sounding()).toHaveLength(1);
});
