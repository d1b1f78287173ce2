/* Things that a person keeps on this device: all of them in memory, every change written to
   the database and told to the other tabs. */
import type { Database, Schema } from './database';

export interface Kept {
  readonly id: number;
}

export type Change<Item> =
  | { readonly put: readonly Item[] }
  | { readonly remove: readonly number[] }
  | { readonly clear: true };

/** Where the items lie when no page is open; neither fails. */
export interface Shelf<Item> {
  all(): Promise<readonly Item[]>;
  write(change: Change<Item>): Promise<void>;
}

/** The other tabs. */
export interface Exchange<Item> {
  tell(change: Change<Item>): void;
  hear(heard: (change: Change<Item>) => void): void;
}

export class Collection<Item extends Kept> {
  /** Done when what was kept has been read. */
  readonly ready: Promise<void>;
  readonly #shelf: Shelf<Item>;
  readonly #exchange: Exchange<Item>;
  readonly #observers = new Set<() => void>();
  #items: ReadonlyMap<number, Item> = new Map();
  /** Changes made before what was kept had been read; null once it has. */
  #early: Change<Item>[] | null = [];

  constructor(shelf: Shelf<Item>, exchange: Exchange<Item>) {
    this.#shelf = shelf;
    this.#exchange = exchange;
    exchange.hear((change) => {
      this.#apply(change);
    });
    this.ready = this.#load();
  }

  get items(): ReadonlyMap<number, Item> {
    return this.#items;
  }

  /** Adds, or puts in the place of those with the same ids. */
  put(items: readonly Item[]): void {
    this.#change({ put: items });
  }

  remove(ids: readonly number[]): void {
    this.#change({ remove: ids });
  }

  clear(): void {
    this.#change({ clear: true });
  }

  /** Calls back after every change, here or in another tab; the result ends that. */
  subscribe(observer: () => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  async #load(): Promise<void> {
    const kept = await this.#shelf.all();
    const early = this.#early ?? [];
    this.#early = null;
    const items = new Map(kept.map((item) => [item.id, item]));
    this.#items = early.reduce<ReadonlyMap<number, Item>>(changed, items);
    this.#announce();
  }

  #change(change: Change<Item>): void {
    this.#apply(change);
    this.#exchange.tell(change);
    void this.#shelf.write(change);
  }

  #apply(change: Change<Item>): void {
    this.#early?.push(change);
    this.#items = changed(this.#items, change);
    this.#announce();
  }

  #announce(): void {
    for (const observer of this.#observers) {
      observer();
    }
  }
}

function changed<Item extends Kept>(
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

/** One of the database's stores; without a database there is nothing in it. */
export function shelfOf<Name extends 'calls' | 'contacts'>(
  opening: Promise<Database | null>,
  name: Name,
  fault: () => void,
): Shelf<Schema[Name]['value']> {
  return {
    async all() {
      try {
        const database = await opening;
        return database === null ? [] : await database.getAll(name);
      } catch {
        fault();
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
        fault();
      }
    },
  };
}

/** An id that no other tab draws too. */
export function newId(): number {
  const [high = 0, low = 0] = crypto.getRandomValues(new Uint32Array(2));
  // 53 bits, what a number holds exactly.
  return (high >>> 11) * 2 ** 32 + low;
}
