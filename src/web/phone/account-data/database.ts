/* The phone's IndexedDB database on this device: calls, contacts and the encrypted credential. */
import { openDB, type DBSchema, type IDBPDatabase } from 'idb';
import type { Contact } from './contacts';
import type { PastCall } from './history';
import type { SealedCredential } from './credential-vault';

const NAME = 'sipapp-phone';
const VERSION = 1;

export interface Schema extends DBSchema {
  calls: { key: number; value: PastCall };
  contacts: { key: number; value: Contact };
  credentials: { key: string; value: SealedCredential };
  /** The key that encrypts credentials; not extractable. */
  keys: { key: string; value: CryptoKey };
}

export type Database = IDBPDatabase<Schema>;

/** Null where the browser forbids databases: in some private windows, or by its settings. */
export async function openDatabase(): Promise<Database | null> {
  try {
    return await openDB<Schema>(NAME, VERSION, {
      upgrade(database) {
        database.createObjectStore('calls', { keyPath: 'id' });
        database.createObjectStore('contacts', { keyPath: 'id' });
        database.createObjectStore('credentials', { keyPath: 'account' });
        database.createObjectStore('keys');
      },
      // A newer page upgrades the database, or it is being deleted: that waits until it is closed.
      blocking(_current, _wanted, event) {
        (event.target as IDBDatabase).close();
      },
    });
  } catch {
    return null;
  }
}

/** Clears all stores in one transaction. */
export async function wipe(database: Database): Promise<void> {
  const stores = [...database.objectStoreNames];
  const transaction = database.transaction(stores, 'readwrite');
  await Promise.all(stores.map((name) => transaction.objectStore(name).clear()));
  await transaction.done;
}
