import type { PhoneState } from '../model/state';

/** Nothing is registered, and nothing known. */
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

/** The one place where the phone's state is kept. */
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

  /** Calls back after every change; the result ends that. */
  subscribe(observer: () => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }
}
