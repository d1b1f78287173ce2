/* What the views need of devices and sounds; `media/` has it. */
import type { Microphone } from '../media/microphone';
import type { Outputs } from '../media/outputs';
import type { Flag, SoundPreferences } from '../media/preferences';
import type { Role, SoundState } from '../media/sound-settings';
import type { Observable } from './observing';

export type { Flag, Role, SoundPreferences, SoundState };

export type SoundTest = 'idle' | 'recording' | 'playing';

export interface SoundControls extends Observable {
  readonly state: SoundState;
  readonly microphone: Microphone;
  readonly outputs: Outputs;
  choose(role: Role, id: string | null): void;
  prefer(part: Partial<SoundPreferences>): void;
  allowMicrophone(): Promise<void>;
  unlock(): void;
  readNotice(): void;
  /** Plays the chosen ringtone for a moment. */
  tryRinger(): void;
  /** Tells the microphone's level, from 0 to 1, until the result is called. */
  watchLevel(observer: (level: number) => void): () => void;
  /** Records a few seconds and plays them back; tells how far it is. */
  test(progress: (test: SoundTest) => void): void;
}
