/* What a person prefers for the sound of calls and ringing, kept on this device. */
import { readStored, writeStored } from '../../shared/storage';
import { isRingtone, type Ringtone } from '../tones/patterns';

const KEY = 'sipapp.sound';

/** A device by its id, and by its label for the day when the browser gives out other ids. */
export interface Choice {
  readonly id: string;
  readonly label: string;
}

export interface SoundPreferences {
  /** Null, here and below: the phone chooses by itself. */
  readonly microphone: Choice | null;
  readonly speaker: Choice | null;
  readonly ringer: Choice | null;
  readonly echoCancellation: boolean;
  readonly noiseSuppression: boolean;
  readonly autoGainControl: boolean;
  readonly ringtone: Ringtone;
  /** 0 to 1; at 0 a call comes in silently. */
  readonly ringVolume: number;
  readonly vibration: boolean;
  /** Calls that ask for it are answered by the phone itself, where the administrator lets them. */
  readonly intercom: boolean;
}

/** What is on or off. */
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

/** What was kept; anything that is not as it should be is taken as never set. */
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
