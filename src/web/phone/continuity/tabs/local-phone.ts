import type { Commands } from '../../model/commands';
import type { PhoneState } from '../../model/state';

/** A phone as views have it, and as the tabs share it. */
export interface LocalPhone extends Commands {
  readonly state: PhoneState;
  /** Calls back after every change; the result ends that. */
  subscribe(observer: () => void): () => void;
}
