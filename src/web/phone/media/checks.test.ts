import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { FakeDevices, FakeStream, input, settle } from '../testing/fake-media';
import { levelOf, recordAndPlay, watchLevel } from './checks';
import { Microphone, type Wanted } from './microphone';
import { Outputs } from './outputs';

let wanted: Wanted;
let microphone: Microphone;
let devices: FakeDevices;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'] });
  devices = new FakeDevices(input('built-in'), input('jabra'));
  wanted = {
    deviceId: null,
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
  };
  microphone = new Microphone(() => wanted);
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

describe('the microphone level', () => {
  const tone = (amplitude: number): Float32Array =>
    Float32Array.from({ length: 960 }, (_, i) => amplitude * Math.sin(i / 5));

  it('is 0 in silence, nearly 1 for a full-scale tone, and follows a decibel scale between', () => {
    expect(levelOf(new Float32Array(960))).toBe(0);
    expect(levelOf(tone(1))).toBeGreaterThan(0.9);
    expect(levelOf(tone(0.03))).toBeCloseTo(0.44, 1);
  });

  it('is reported for the microphone in use until the meter is stopped', async () => {
    const measured: string[] = [];
    const open = { contexts: 0 };
    vi.stubGlobal('navigator', { mediaDevices: devices });
    vi.stubGlobal(
      'AudioContext',
      class {
        constructor() {
          open.contexts += 1;
        }
        close(): void {
          open.contexts -= 1;
        }
      },
    );
    vi.stubGlobal(
      'AnalyserNode',
      class {
        fftSize = 16;
        getFloatTimeDomainData(samples: Float32Array): void {
          samples.fill(1);
        }
      },
    );
    vi.stubGlobal(
      'MediaStreamAudioSourceNode',
      class {
        constructor(_context: unknown, { mediaStream }: { mediaStream: FakeStream }) {
          measured.push(mediaStream.getAudioTracks()[0]?.label ?? '');
        }
        connect(): void {
          // Connects the source to the analyser.
        }
        disconnect(): void {
          // Disconnects the source from the analyser.
        }
      },
    );
    const levels: number[] = [];
    const end = await watchLevel(microphone, (level) => levels.push(level));
    vi.advanceTimersByTime(100);
    expect(levels).toEqual([1, 1]);

    wanted = { ...wanted, deviceId: 'jabra' };
    await microphone.reopen();
    expect(measured).toEqual(['built-in', 'jabra']);

    end();
    await settle();
    vi.advanceTimersByTime(100);
    expect(levels).toHaveLength(2);
    expect(open.contexts).toBe(0);
    expect(microphone.isLent()).toBe(false);
  });
});

describe('the microphone test', () => {
  let recorder: EventTarget & { state: string };

  beforeEach(() => {
    vi.stubGlobal('navigator', { mediaDevices: devices });
    vi.stubGlobal(
      'MediaRecorder',
      class extends EventTarget {
        state = 'inactive';
        mimeType = 'audio/webm';
        constructor() {
          super();
          // eslint-disable-next-line @typescript-eslint/no-this-alias -- the test looks at it.
          recorder = this;
        }
        start(): void {
          this.state = 'recording';
        }
        stop(): void {
          this.state = 'inactive';
          this.dispatchEvent(Object.assign(new Event('dataavailable'), { data: 'sound' }));
          this.dispatchEvent(new Event('stop'));
        }
      },
    );
  });

  it('records for a few seconds, plays the recording, and releases the microphone', async () => {
    const steps: string[] = [];
    const playOnce = vi.fn((recording: Blob) => {
      steps.push(`heard ${recording.size} bytes of ${recording.type}`);
      return Promise.resolve();
    });
    const test = recordAndPlay(microphone, { playOnce } as unknown as Outputs, (step) =>
      steps.push(step),
    );
    await settle();
    expect(steps).toEqual(['recording']);
    expect(recorder.state).toBe('recording');
    vi.advanceTimersByTime(4000);
    await test;
    expect(steps).toEqual(['recording', 'playing', 'heard 5 bytes of audio/webm', 'idle']);
    expect(microphone.isLent()).toBe(false);
  });

  it('rejects with the browser’s reason when the microphone cannot be opened', async () => {
    devices.plugged = [];
    const steps: string[] = [];
    await expect(
      recordAndPlay(microphone, new Outputs(), (step) => steps.push(step)),
    ).rejects.toMatchObject({ name: 'NotFoundError' });
    expect(steps).toEqual([]);
  });
});
