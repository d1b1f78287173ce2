import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { FakeAudio } from '../testing/fake-audio';
import { Outputs } from './outputs';

let audio: FakeAudio;
let outputs: Outputs;
let blocked: number;
const stream = {} as MediaStream;

beforeEach(() => {
  audio = new FakeAudio();
  outputs = new Outputs();
  blocked = 0;
  outputs.blocked = () => (blocked += 1);
});
afterEach(() => {
  vi.unstubAllGlobals();
});

it('plays every call on the chosen device, and moves it when the choice changes', () => {
  outputs.route('headset');
  outputs.play(stream);
  outputs.play(stream);
  expect(audio.elements).toMatchObject([
    { sink: 'headset', paused: false, srcObject: stream },
    { sink: 'headset', paused: false },
  ]);
  outputs.route('');
  expect(audio.elements).toMatchObject([{ sink: '' }, { sink: '' }]);
});

it('stops playing an ended call, which stays on the device that it had', () => {
  const element = outputs.play(stream);
  outputs.stop(element);
  outputs.route('headset');
  expect(audio.elements).toMatchObject([{ paused: true, srcObject: null, sink: '' }]);
});

it('reports that the browser blocks sound, and tries again on a click', async () => {
  audio.allowed = false;
  outputs.play(stream);
  await Promise.resolve();
  await Promise.resolve();
  expect(blocked).toBe(1);
  audio.allowed = true;
  outputs.unlock();
  expect(audio.elements).toMatchObject([{ paused: false }]);
});

it('plays a recording to its end and releases it', async () => {
  const revokeObjectURL = vi.fn();
  vi.stubGlobal('URL', { createObjectURL: () => 'blob:1', revokeObjectURL });
  const playing = outputs.playOnce(new Blob());
  expect(audio.elements).toMatchObject([{ src: 'blob:1', paused: false }]);
  audio.elements[0]?.dispatchEvent(new Event('ended'));
  await playing;
  expect(audio.elements).toMatchObject([{ paused: true }]);
  expect(revokeObjectURL).toHaveBeenCalledWith('blob:1');
});
