/* The sound settings as the views use them; `media/` implements them. */
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
  /** Reports the microphone's level, 0 to 1, until the returned function is called. */
  watchLevel(observer: (level: number) => void): () => void;
  /** Records a few seconds and plays them back; reports the progress. */
  test(progress: (test: SoundTest) => void): void;
}
