/* Trying the microphone: its level, and how one sounds. Loaded when somebody wants to know. */
import type { Microphone } from './microphone';
import type { Outputs } from './outputs';

export type SoundTest = 'idle' | 'recording' | 'playing';

/** How often a second the level is told, and for how long a test records, in ms. */
const LEVEL_RATE = 20;
const RECORDING_MS = 4000;
/** A level in decibels below full scale that is shown as none. */
const FLOOR_DB = -60;

/** Tells the level, 0 to 1 on a scale in decibels, of whatever device is in use; the result ends
    that. Throws as getUserMedia does. */
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
    // Named here, it is kept: a source whose object has been collected is silent.
    source.disconnect();
    void context.close();
  };
}

/** 0 for silence, 1 for full scale. */
export function levelOf(samples: Float32Array): number {
  const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length;
  return Math.min(1, Math.max(0, 1 - (10 * Math.log10(power)) / FLOOR_DB));
}

/** Records a few seconds of the microphone and plays them on the speaker. Throws as getUserMedia
    does. */
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
      // It has stopped by itself if the device was unplugged.
      if (recorder.state !== 'inactive') {
        recorder.stop();
      }
    }, RECORDING_MS);
  });
}
