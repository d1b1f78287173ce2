/* Microphone checks: a level meter, and a test recording that is played back. Loaded on first use. */
import type { Microphone } from './microphone';
import type { Outputs } from './outputs';

export type SoundTest = 'idle' | 'recording' | 'playing';

/** Interval of the level meter and length of a test recording, in ms. */
const LEVEL_RATE = 20;
const RECORDING_MS = 4000;
/** Level in decibels below full scale that the meter shows as 0. */
const FLOOR_DB = -60;

/** Reports the level of the microphone in use, 0 to 1 on a decibel scale; the returned function
    stops the meter. Throws as getUserMedia does. */
export async function watchLevel(
  microphone: Microphone,
  observer: (level: number) => void,
): Promise<() => void> {
  const stream = await microphone.acquire();
  let end = measure(stream, observer);
  microphone.feed(stream, {
    replaced: () => {
      end();
      end = measure(stream, observer);
    },
  });
  return () => {
    end();
    microphone.release(stream);
  };
}

function measure(stream: MediaStream, observer: (level: number) => void): () => void {
  const context = new AudioContext();
  const analyser = new AnalyserNode(context, { fftSize: 1024 });
  const source = new MediaStreamAudioSourceNode(context, { mediaStream: stream });
  source.connect(analyser);
  const samples = new Float32Array(analyser.fftSize);
  const timer = window.setInterval(() => {
    analyser.getFloatTimeDomainData(samples);
    observer(levelOf(samples));
  }, 1000 / LEVEL_RATE);
  return () => {
    window.clearInterval(timer);
    // The variable keeps a reference to the source node: a garbage-collected node is silent.
    source.disconnect();
    void context.close();
  };
}

/** Level on the scale of the meter: 0 for silence, 1 for full scale. */
export function levelOf(samples: Float32Array): number {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  return Math.min(1, Math.max(0, 1 - (10 * Math.log10(power)) / FLOOR_DB));
}

/** Records the microphone for a few seconds and plays the recording on the speaker. Throws as
    getUserMedia does. */
export async function recordAndPlay(
  microphone: Microphone,
  outputs: Outputs,
  progress: (test: SoundTest) => void,
): Promise<void> {
  const stream = await microphone.acquire();
  try {
    progress('recording');
    const recording = await record(stream);
    progress('playing');
    await outputs.playOnce(recording);
  } finally {
    microphone.release(stream);
    progress('idle');
  }
}

function record(stream: MediaStream): Promise<Blob> {
  return new Promise((resolve) => {
    const recorder = new MediaRecorder(stream);
    const parts: Blob[] = [];
    recorder.addEventListener('dataavailable', ({ data }) => parts.push(data));
    recorder.addEventListener('stop', () => {
      resolve(new Blob(parts, { type: recorder.mimeType }));
    });
    recorder.start();
    window.setTimeout(() => {
      // The recorder has already stopped if the device was unplugged.
      if (recorder.state !== 'inactive') {
        recorder.stop();
      }
    }, RECORDING_MS);
  });
}
