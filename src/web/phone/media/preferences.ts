/* A person's preferences for the sound of calls and ringing, stored on this device. */
import { readStored, writeStored } from '../../shared/storage';
import { isRingtone, type Ringtone } from '../tones/patterns';

const KEY = 'sipapp.sound';

/** A device by its id, and by its label, because the browser may issue new ids. */
export interface Choice {
  readonly id: string;
  readonly label: string;
}

export interface SoundPreferences {
  /** The chosen devices; null (here and below) leaves the choice to the phone. */
  readonly microphone: Choice | null;
  readonly speaker: Choice | null;
  readonly ringer: Choice | null;
  readonly echoCancellation: boolean;
  readonly noiseSuppression: boolean;
  readonly autoGainControl: boolean;
  readonly ringtone: Ringtone;
  /** Volume, 0 to 1; at 0 an incoming call makes no sound. */
  readonly ringVolume: number;
  readonly vibration: boolean;
  /** Automatic answer of calls that ask for it (intercom), where the administrator allows that. */
  readonly intercom: boolean;
}

/** The preferences that are on or off. */
export type Flag = {
  [Key in keyof SoundPreferences]: SoundPreferences[Key] extends boolean ? Key : never;
}[keyof SoundPreferences];

const DEFAULTS: SoundPreferences = {
  microphone: null,
  speaker: null,
  ringer: null,
  echoCancellation: true,
  noiseSuppression: true,
  autoGainControl: true,
  ringtone: 'chime',
  ringVolume: 0.8,
  vibration: true,
  intercom: true,
};

/** The stored preferences; an invalid value counts as never set. */
export function loadPreferences(): SoundPreferences {
  const kept = read();
  const flag = (key: Flag): boolean => (typeof kept[key] === 'boolean' ? kept[key] : DEFAULTS[key]);
  const { ringtone, ringVolume } = kept;
  return {
    microphone: choice(kept['microphone']),
    speaker: choice(kept['speaker']),
    ringer: choice(kept['ringer']),
    echoCancellation: flag('echoCancellation'),
    noiseSuppression: flag('noiseSuppression'),
    autoGainControl: flag('autoGainControl'),
    ringtone: isRingtone(ringtone) ? ringtone : DEFAULTS.ringtone,
    ringVolume:
      typeof ringVolume === 'number' && ringVolume >= 0 && ringVolume <= 1
        ? ringVolume
        : DEFAULTS.ringVolume,
    vibration: flag('vibration'),
    intercom: flag('intercom'),
  };
}

export function savePreferences(preferences: SoundPreferences): void {
  writeStored(KEY, JSON.stringify(preferences));
}

function read(): Record<string, unknown> {
  try {
    const kept: unknown = JSON.parse(readStored(KEY) ?? '{}');
    return typeof kept === 'object' && kept !== null ? (kept as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function choice(value: unknown): Choice | null {
  if (typeof value !== 'object' || value === null) {
    return null;
  }
  const { id, label } = value as Record<string, unknown>;
  return typeof id === 'string' && typeof label === 'string' ? { id, label } : null;
}
