import type { PhoneState } from '../model/state';

/** The initial state: no registration, no lines. */
export const initial: PhoneState = {
  registration: { state: 'none' },
  connected: false,
  lines: [],
  openLine: null,
  lastEnded: null,
  lastDialled: '',
  doNotDisturb: false,
  voicemail: null,
  presence: new Map(),
};

/** The single store of the phone's state. */
export class Store {
  #state = initial;
  readonly #observers = new Set<() => void>();

  get state(): PhoneState {
    return this.#state;
  }

  set(part: Partial<PhoneState>): void {
    this.#state = { ...this.#state, ...part };
    for (const observer of this.#observers) {
      observer();
    }
  }

  /** Calls back after every change; the returned function ends that. */
  subscribe(observer: () => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }
}
