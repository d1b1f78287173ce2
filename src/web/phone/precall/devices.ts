/* Checks of the microphone and the speaker: whether sound can be recorded and played. */
import type { Microphone } from '../media/microphone';
import type { Outputs } from '../media/outputs';
import { microphoneCause } from '../model/causes';
import { pause } from '../../shared/timers';
import { fault, ok, warning, type CheckResult } from './check-result';

/** How long the microphone is measured, in ms. */
const LISTEN_MS = 2_000;
const LEVEL_CHECK_MS = 50;
/** Amplitude below which there is no sound: less than the smallest step of 16 bits. */
const MIN_LEVEL = 1 / 65_536;
/** Timeout for playing the tone, in ms. */
const PLAY_TIMEOUT_MS = 3_000;

export interface DeviceDeps {
  readonly microphone: Microphone;
  readonly outputs: Outputs;
  /** Name of the speaker in use. */
  speakerName(): string;
  /** Whether the browser blocks all sound until a click. */
  isBlocked(): boolean;
}

export async function checkMicrophone({ microphone }: DeviceDeps): Promise<CheckResult> {
  let stream: MediaStream;
  try {
    stream = await microphone.acquire();
  } catch (error) {
    const { text, remedy } = microphoneCause(error);
    return fault(`${text}. ${remedy}`);
  }
  try {
    const track = stream.getAudioTracks()[0];
    const name = track?.label === undefined || track.label === '' ? 'The microphone' : track.label;
    const loudest = await listen(stream);
    if (track?.muted === true) {
      return fault(`${name} is muted by the system, a switch on the device or another program.`);
    }
    return loudest < MIN_LEVEL
      ? fault(
          `${name} gives no sound at all. Look for a mute switch on the device, or choose another microphone under Sound.`,
        )
      : ok(`${name} hears something.`);
  } finally {
    microphone.release(stream);
  }
}

/** The highest amplitude during the measurement, 0 to 1. */
async function listen(stream: MediaStream): Promise<number> {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 4096 });
  new MediaStreamAudioSourceNode(context, { mediaStream: stream }).connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  let loudest = 0;
  for (let waited = 0; waited < LISTEN_MS; waited += LEVEL_CHECK_MS) {
    await pause(LEVEL_CHECK_MS);
    analyser.getFloatTimeDomainData(samples);
    loudest = samples.reduce((most, sample) => Math.max(most, Math.abs(sample)), loudest);
  }
  void context.close();
  return loudest;
}

export async function checkSpeaker(deps: DeviceDeps): Promise<CheckResult> {
  const late = pause(PLAY_TIMEOUT_MS).then(() => 'late');
  const played = await Promise.race([deps.outputs.playOnce(tone()), late]);
  if (deps.isBlocked()) {
    return fault('The browser holds sound back. Click “Allow sound”, and allow it for this page.');
  }
  return played === 'late'
    ? warning(
        `No tone could be played on ${deps.speakerName()}. Choose another speaker under Sound.`,
      )
    : ok(
        `A tone was played on ${deps.speakerName()}. If you did not hear it, choose another one under Sound.`,
      );
}

/** Half a second of a soft tone, as a WAV file. */
function tone(): Blob {
  const rate = 16_000;
  const samples = Int16Array.from({ length: rate / 2 }, (_, index) => {
    const fade = Math.min(1, index / 800, (rate / 2 - index) / 800);
    return 6_000 * fade * Math.sin((2 * Math.PI * 660 * index) / rate);
  });
  const header = new DataView(new ArrayBuffer(44));
  const text = (at: number, letters: string): void => {
    new TextEncoder().encode(letters).forEach((byte, index) => {
      header.setUint8(at + index, byte);
    });
  };
  text(0, 'RIFF');
  header.setUint32(4, 36 + samples.byteLength, true);
  text(8, 'WAVEfmt ');
  header.setUint32(16, 16, true);
  header.setUint16(20, 1, true); // PCM
  header.setUint16(22, 1, true); // one channel
  header.setUint32(24, rate, true);
  header.setUint32(28, rate * 2, true);
  header.setUint16(32, 2, true);
  header.setUint16(34, 16, true);
  text(36, 'data');
  header.setUint32(40, samples.byteLength, true);
  return new Blob([header, samples], { type: 'audio/wav' });
}
