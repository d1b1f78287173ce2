/* The calls of one extension on this device. */
import type { Quality } from '../model/state';
import type { Direction, Outcome, Remote } from '../model/call';
import { newId, type Collection } from './collection';

/** The most calls that are stored of each extension. */
export const MAX_CALLS = 500;

export interface PastFault {
  readonly text: string;
  /** The repair that helped; empty if none did. */
  readonly helped: string;
}

export interface PastCall {
  readonly id: number;
  /** The extension's address, `1000@pbx.example.org`. */
  readonly owner: string;
  readonly direction: Direction;
  readonly remote: Remote;
  /** Who called, or what was dialled, if that was another number than the one at the end. */
  readonly original?: Remote;
  readonly outcome: Outcome['kind'];
  /** Why it failed, in words; empty if it did not. */
  readonly cause: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
  /** Null if it was never answered. */
  readonly seconds: number | null;
  readonly quality: Quality | null;
  /** Audio faults that the phone detected. Missing in the records of older versions. */
  readonly faults?: readonly PastFault[];
  /** Whether the person has seen that it was missed. */
  readonly seen: boolean;
}

export type NewCall = Omit<PastCall, 'id' | 'owner' | 'seen'>;

export class History {
  readonly #all: Collection<PastCall>;
  readonly #owner: string;
  #cachedItems: ReadonlyMap<number, PastCall> | null = null;
  #calls: readonly PastCall[] = [];

  constructor(all: Collection<PastCall>, owner: string) {
    this.#all = all;
    this.#owner = owner;
  }

  /** Newest first; the same array until something changes. */
  get calls(): readonly PastCall[] {
    if (this.#cachedItems !== this.#all.items) {
      this.#cachedItems = this.#all.items;
      this.#calls = [...this.#all.items.values()]
        .filter(({ owner }) => owner === this.#owner)
        .sort((one, other) => other.startedAt - one.startedAt);
    }
    return this.#calls;
  }

  /** The number of missed calls that the person has not seen. */
  get missed(): number {
    return this.#unseen().length;
  }

  add(call: NewCall): void {
    const seen = call.outcome !== 'missed';
    this.#all.put([{ ...call, id: newId(), owner: this.#owner, seen }]);
    const old = this.calls.slice(MAX_CALLS);
    if (old.length > 0) {
      this.#all.remove(old.map(({ id }) => id));
    }
  }

  /** Marks all missed calls as seen. */
  markSeen(): void {
    const unseen = this.#unseen();
    if (unseen.length > 0) {
      this.#all.put(unseen.map((call) => ({ ...call, seen: true })));
    }
  }

  remove(id: number): void {
    this.#all.remove([id]);
  }

  /** Deletes the calls of this extension. */
  clear(): void {
    this.#all.remove(this.calls.map(({ id }) => id));
  }

  subscribe(observer: () => void): () => void {
    return this.#all.subscribe(observer);
  }

  #unseen(): readonly PastCall[] {
    return this.calls.filter(({ seen }) => !seen);
  }
}
