/* A collection of items on this device: cached in memory, every change written to the database
   and sent to the other tabs. */
import type { Database, Schema } from './database';

export interface StoredItem {
  readonly id: number;
}

export type Change<Item> =
  | { readonly put: readonly Item[] }
  | { readonly remove: readonly number[] }
  | { readonly clear: true };

/** Persistent storage of the items; neither method rejects. */
export interface ItemStore<Item> {
  all(): Promise<readonly Item[]>;
  write(change: Change<Item>): Promise<void>;
}

/** The channel to the other tabs. */
export interface TabChannel<Item> {
  publish(change: Change<Item>): void;
  subscribe(onChange: (change: Change<Item>) => void): void;
}

export class Collection<Item extends StoredItem> {
  /** Resolves when the stored items have been loaded. */
  readonly ready: Promise<void>;
  readonly #store: ItemStore<Item>;
  readonly #channel: TabChannel<Item>;
  readonly #observers = new Set<() => void>();
  #items: ReadonlyMap<number, Item> = new Map();
  /** Changes made before the stored items were loaded; null once they are. */
  #changesBeforeLoad: Change<Item>[] | null = [];

  constructor(store: ItemStore<Item>, channel: TabChannel<Item>) {
    this.#store = store;
    this.#channel = channel;
    channel.subscribe((change) => {
      this.#apply(change);
    });
    this.ready = this.#load();
  }

  get items(): ReadonlyMap<number, Item> {
    return this.#items;
  }

  /** Adds items, or replaces those with the same ids. */
  put(items: readonly Item[]): void {
    this.#change({ put: items });
  }

  remove(ids: readonly number[]): void {
    this.#change({ remove: ids });
  }

  clear(): void {
    this.#change({ clear: true });
  }

  /** Calls back after every change, here or in another tab; returns the function to unsubscribe. */
  subscribe(observer: () => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  async #load(): Promise<void> {
    const stored = await this.#store.all();
    const changesBeforeLoad = this.#changesBeforeLoad ?? [];
    this.#changesBeforeLoad = null;
    const items = new Map(stored.map((item) => [item.id, item]));
    this.#items = changesBeforeLoad.reduce<ReadonlyMap<number, Item>>(withChange, items);
    this.#notify();
  }

  #change(change: Change<Item>): void {
    this.#apply(change);
    this.#channel.publish(change);
    void this.#store.write(change);
  }

  #apply(change: Change<Item>): void {
    this.#changesBeforeLoad?.push(change);
    this.#items = withChange(this.#items, change);
    this.#notify();
  }

  #notify(): void {
    for (const observer of this.#observers) {
      observer();
    }
  }
}

function withChange<Item extends StoredItem>(
  items: ReadonlyMap<number, Item>,
  change: Change<Item>,
): ReadonlyMap<number, Item> {
  if ('clear' in change) {
    return new Map();
  }
  const next = new Map(items);
  if ('put' in change) {
    for (const item of change.put) {
      next.set(item.id, item);
    }
  } else {
    for (const id of change.remove) {
      next.delete(id);
    }
  }
  return next;
}

/** An object store of the database; empty without a database. */
export function databaseStore<Name extends 'calls' | 'contacts'>(
  opening: Promise<Database | null>,
  name: Name,
  onError: () => void,
): ItemStore<Schema[Name]['value']> {
  return {
    async all() {
      try {
        const database = await opening;
        return database === null ? [] : await database.getAll(name);
      } catch {
        onError();
        return [];
      }
    },
    async write(change) {
      try {
        const store = (await opening)?.transaction(name, 'readwrite').objectStore(name);
        if (store === undefined) {
          return;
        }
        if ('clear' in change) {
          await store.clear();
        } else if ('put' in change) {
          await Promise.all(change.put.map((item) => store.put(item)));
        } else {
          await Promise.all(change.remove.map((id) => store.delete(id)));
        }
      } catch {
        onError();
      }
    },
  };
}

/** A random id, unique across the tabs. */
export function newId(): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  // 53 bits, what a number holds exactly.
  return (high >>> 11) * 2 ** 32 + low;
}
