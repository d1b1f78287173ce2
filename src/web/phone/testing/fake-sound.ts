/* Sample devices of a person with a headset. */
import { Microphone } from '../media/microphone';
import { Outputs } from '../media/outputs';
import type { SoundControls, SoundState } from '../ui/sound-controls';

const headset = { id: 'h', label: 'Jabra Evolve2 40' };
const built = { id: 'b', label: 'Built-in audio' };

export const soundState: SoundState = {
  preferences: {
    microphone: null,
    speaker: null,
    ringer: built,
    echoCancellation: true,
    noiseSuppression: true,
    autoGainControl: true,
    ringtone: 'chime',
    ringVolume: 0.8,
    vibration: true,
    intercom: true,
  },
  devices: {
    microphone: [headset, built],
    speaker: [headset, built],
    ringer: [headset, built],
  },
  inUse: { microphone: headset, speaker: headset, ringer: built },
  obstacle: { microphone: '', speaker: '', ringer: '' },
  canVibrate: true,
  notice: '',
  soundBlocked: false,
};

export interface FakeSound extends SoundControls {
  readonly done: readonly string[];
}

export function fakeSound(part: Partial<SoundState> = {}): FakeSound {
  const done: string[] = [];
  return {
    done,
    state: { ...soundState, ...part },
    microphone: new Microphone(),
    outputs: new Outputs(),
    subscribe: () => () => undefined,
    choose: (role, id) => done.push(`choose ${role} ${id ?? 'none'}`),
    prefer: (wish) => done.push(`prefer ${JSON.stringify(wish)}`),
    allowMicrophone: () => {
      done.push('allow microphone');
      return Promise.resolve();
    },
    unlock: () => done.push('unlock'),
    readNotice: () => done.push('read'),
    tryRinger: () => done.push('ring'),
    watchLevel: (observer) => {
      observer(0.4);
      return () => undefined;
    },
    test: (progress) => {
      progress('recording');
    },
  };
}
