import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeAudio } from '../testing/fake-audio';
import { render } from './patterns';
import { Tones, type Ringing } from './tones';

let audio: FakeAudio;
let ringing: Ringing;
let tones: Tones;
let blocked: boolean[];

const length = (tone: Parameters<typeof render>[0]): number => render(tone).length;

beforeEach(() => {
  vi.useFakeTimers();
  audio = new FakeAudio();
  ringing = { ringtone: 'classic', ringVolume: 0.5, vibration: true };
  start();
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function start(): void {
  tones = new Tones(() => ringing);
  blocked = [];
  tones.blocked = (now) => blocked.push(now);
}

it('announces an automatic answer once, on the call’s device and at any volume', () => {
  ringing = { ...ringing, ringVolume: 0 };
  tones.route('ringer', 'ear');
  tones.play('ringing');
  tones.play('none');
  tones.announce();
  tones.play('none');
  expect(audio.sounding()).toEqual([
    { length: length('intercom'), loop: false, sink: 'ear', volume: 1 },
  ]);
});

describe('ringing', () => {
  it('loops the chosen ringtone on the ringer’s device at the chosen volume', () => {
    tones.route('ringer', 'ear');
    tones.play('ringing');
    expect(audio.sounding()).toEqual([
      { length: length('classic'), loop: true, sink: 'ringer', volume: 0.5 },
    ]);
    tones.play('none');
    expect(audio.sounding()).toEqual([]);
  });

  it('vibrates for as long as it rings', () => {
    tones.play('ringing');
    vi.advanceTimersByTime(3000);
    tones.play('none');
    vi.advanceTimersByTime(9000);
    expect(audio.vibrations).toEqual([[600, 300, 600], [600, 300, 600], 0]);
  });

  it('only vibrates at volume 0, and is silent if vibration is off', () => {
    ringing = { ...ringing, ringVolume: 0 };
    tones.play('ringing');
    expect(audio.sounding()).toEqual([]);
    expect(audio.vibrations).toHaveLength(1);
    ringing = { ...ringing, vibration: false };
    tones.play('none');
    audio.vibrations.length = 0;
    tones.play('ringing');
    expect(audio.vibrations).toEqual([]);
  });

  it('does not vibrate before the first click, which the browser would log as an error', () => {
    audio.hasBeenActive = false;
    tones.play('ringing');
    expect(audio.vibrations).toEqual([]);
  });

  it('can be tried for a moment while no other sound plays', () => {
    tones.preview();
    expect(audio.sounding()).toHaveLength(1);
    vi.advanceTimersByTime(3000);
    expect(audio.sounding()).toEqual([]);
    tones.preview();
    tones.play('ringback');
    expect(audio.sounding()).toMatchObject([{ length: length('ringback') }]);
    tones.preview();
    expect(audio.sounding()).toHaveLength(1);
  });
});

describe('on the call’s device', () => {
  it.each(['ringback', 'waiting'] as const)('%s plays until another sound is set', (tone) => {
    tones.route('ringer', 'ear');
    tones.play(tone);
    tones.play(tone);
    expect(audio.sounding()).toEqual([
      { length: length(tone), loop: true, sink: 'ear', volume: 1 },
    ]);
    tones.play('none');
    expect(audio.sounding()).toEqual([]);
  });

  it('busy plays once, and never interrupts another sound', () => {
    tones.busy();
    tones.play('none');
    expect(audio.sounding()).toMatchObject([{ length: length('busy'), loop: false }]);
    audio.end();
    expect(audio.sounding()).toEqual([]);
    tones.play('ringback');
    tones.busy();
    expect(audio.sounding()).toMatchObject([{ length: length('ringback') }]);
  });
});

describe('the browser’s autoplay policy', () => {
  it('is checked at registration, and leaves no audio graph running', async () => {
    tones.unlock();
    await vi.advanceTimersByTimeAsync(1000);
    expect(blocked.at(-1)).toBe(false);
    expect(audio.contexts.map(({ state }) => state)).toEqual(['suspended', 'suspended']);
  });

  it('is reported when it blocks sound, and when a click has allowed it', async () => {
    audio.allowed = false;
    tones.play('ringing');
    await vi.advanceTimersByTimeAsync(1000);
    expect(blocked.at(-1)).toBe(true);
    audio.allowed = true;
    tones.unlock();
    await vi.advanceTimersByTimeAsync(0);
    expect(blocked.at(-1)).toBe(false);
    expect(audio.sounding()).toHaveLength(1);
  });

  it.each([
    ['allowed', false],
    ['disallowed', true],
  ])('is read from a browser that states it: %s', async (policy, is) => {
    vi.stubGlobal('navigator', { getAutoplayPolicy: () => policy });
    audio.allowed = false;
    tones.play('ringing');
    await vi.advanceTimersByTimeAsync(1000);
    expect(blocked.at(-1)).toBe(is);
  });
});

describe('an output device', () => {
  it('that is unplugged leaves the sound on the default device', () => {
    tones.route('gone', '');
    tones.play('ringing');
    expect(audio.sounding()).toHaveLength(1);
  });

  it('can change while the phone rings', () => {
    tones.play('ringing');
    tones.route('other', '');
    expect(audio.sounding()).toMatchObject([{ sink: 'other' }]);
  });

  it('is reached through an audio element where the browser routes nothing else', () => {
    audio.routes = 'elements';
    tones.route('ringer', '');
    tones.play('ringing');
    expect(audio.elements).toMatchObject([{ sink: 'ringer', paused: false }]);
    tones.route('', '');
    expect(audio.elements).toMatchObject([{ paused: true }]);
  });

  it('cannot be chosen where the browser cannot route audio', () => {
    audio.routes = 'nothing';
    tones.route('ringer', '');
    tones.play('ringing');
    expect(audio.elements).toEqual([]);
    expect(audio.sounding()).toHaveLength(1);
  });
});
