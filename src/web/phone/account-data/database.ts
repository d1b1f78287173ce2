/* The phone's database on this device: what a person expects to find again, and the sealed
   credential. */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { Contact } from './contacts';
import type { PastCall } from './history';
import type { Sealed } from './credential-vault';

const NAME = 'sipapp-phone';
const VERSION = 1;

export interface Schema extends DBSchema {
  calls: { key: number; value: PastCall };
  contacts: { key: number; value: Contact };
  credentials: { key: string; value: Sealed };
  /** The key that seals credentials; the browser lets nobody read it. */
  keys: { key: string; value: CryptoKey };
}

export type Database = IDBPDatabase<Schema>;

/** Null where the browser keeps nothing: in some private windows, or by a person's choice. */
export async function openDatabase(): Promise<Database | null> {
  try {
    return await openDB<Schema>(NAME, VERSION, {
      upgrade(database) {
        database.createObjectStore('calls', { keyPath: 'id' });
        database.createObjectStore('contacts', { keyPath: 'id' });
        database.createObjectStore('credentials', { keyPath: 'account' });
        database.createObjectStore('keys');
      },
      // A newer page wants to change the database, or somebody wants it gone: not to wait for us.
      blocking(_current, _wanted, event) {
        (event.target as IDBDatabase).close();
      },
    });
  } catch {
    return null;
  }
}

/** Empties everything, in one go. */
export async function wipe(database: Database): Promise<void> {
  const stores = [...database.objectStoreNames];
  const transaction = database.transaction(stores, 'readwrite');
  await Promise.all(stores.map((name) => transaction.objectStore(name).clear()));
  await transaction.done;
}
