import type { Commands } from '../../model/commands';
import type { PhoneState } from '../../model/state';

/** The phone of one tab, as views and the shared phone use it. */
export interface LocalPhone extends Commands {
  readonly state: PhoneState;
  /** Calls back after every change; the returned function ends that. */
  subscribe(observer: () => void): () => void;
}
