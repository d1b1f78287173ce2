import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Microphone } from '../media/microphone';
import { Outputs } from '../media/outputs';
import { FakeDevices, input } from '../testing/fake-media';
import { checkMicrophone, checkSpeaker, type DeviceDeps } from './devices';
import type { CheckResult } from './check-result';

let amplitude: number;
let devices: FakeDevices;
let deps: DeviceDeps;

beforeEach(() => {
  vi.useFakeTimers();
  amplitude = 0.1;
  devices = new FakeDevices(input('jabra'));
  vi.stubGlobal('navigator', { mediaDevices: devices });
  vi.stubGlobal(
    'AudioContext',
    class {
      close(): void {
        // Nothing to close.
      }
    },
  );
  vi.stubGlobal(
    'AnalyserNode',
    class {
      fftSize = 16;
      getFloatTimeDomainData(samples: Float32Array): void {
        samples.fill(-amplitude);
      }
    },
  );
  vi.stubGlobal(
    'MediaStreamAudioSourceNode',
    class {
      connect(): void {
        // Connects the source to the analyser.
      }
    },
  );
  deps = {
    microphone: new Microphone(),
    outputs: new Outputs(),
    speakerName: () => 'the headset',
    isBlocked: () => false,
  };
});
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

async function microphone(): Promise<CheckResult> {
  const verdict = checkMicrophone(deps);
  await vi.advanceTimersByTimeAsync(5_000);
  return verdict;
}

it('detects sound of the microphone, and releases it', async () => {
  expect(await microphone()).toEqual({ result: 'ok', text: 'jabra hears something.' });
  expect(deps.microphone.isLent()).toBe(false);
});

it('reports exact silence as a fault, but not a quiet room', async () => {
  amplitude = 0;
  expect(await microphone()).toMatchObject({ result: 'fault' });
  amplitude = 0.0001;
  expect(await microphone()).toMatchObject({ result: 'ok' });
});

it('reports that the system mutes the microphone', async () => {
  devices.getUserMedia.mockImplementationOnce(async (asked) => {
    const stream = await new FakeDevices(input('jabra')).getUserMedia(asked);
    stream.clone = () => {
      Object.assign(stream.track, { muted: true });
      return stream;
    };
    return stream;
  });
  expect((await microphone()).text).toMatch(/muted by the system/);
});

it('reports why there is no microphone', async () => {
  devices.getUserMedia.mockRejectedValueOnce(new DOMException('', 'NotAllowedError'));
  expect((await microphone()).text).toMatch(/^Microphone blocked\. Allow/);
});

it('plays a tone, as a WAV file', async () => {
  const played: Blob[] = [];
  deps.outputs.playOnce = (recording) => {
    played.push(recording);
    return Promise.resolve();
  };
  expect((await checkSpeaker(deps)).text).toMatch(/^A tone was played on the headset/);
  const bytes = new Uint8Array((await played[0]?.arrayBuffer()) ?? new ArrayBuffer(0));
  expect(new TextDecoder().decode(bytes.slice(0, 4))).toBe('RIFF');
  expect(bytes).toHaveLength(44 + 16_000);
});

it('reports that the tone could not be played, and that the browser blocks it', async () => {
  deps.outputs.playOnce = () => new Promise(() => undefined);
  const late = checkSpeaker(deps);
  await vi.advanceTimersByTimeAsync(3_000);
  expect(await late).toMatchObject({ result: 'warning' });
  const blocked = checkSpeaker({ ...deps, isBlocked: () => true });
  await vi.advanceTimersByTimeAsync(3_000);
  expect(await blocked).toMatchObject({ result: 'fault' });
});
