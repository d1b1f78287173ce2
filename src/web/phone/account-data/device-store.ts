/* All data that the phone stores on this device. */
import { removeStored } from '../../shared/storage';
import {
  Collection,
  databaseStore,
  type Change,
  type TabChannel,
  type StoredItem,
} from './collection';
import { Contacts, type Contact } from './contacts';
import { openDatabase, wipe } from './database';
import { History, type PastCall } from './history';
import { withoutCountry } from '../model/numbers/dial-plan';
import { CredentialVault } from './credential-vault';

/** The prefix of all keys of sipapp in localStorage and sessionStorage. */
const KEY_PREFIX = 'sipapp.';

export class DeviceStore {
  readonly contacts: Contacts;
  readonly vault: CredentialVault;
  /** Resolves when the stored data has been loaded. */
  readonly ready: Promise<unknown>;
  readonly #opening = openDatabase();
  readonly #channel = new BroadcastChannel('sipapp.device');
  readonly #observers = new Set<() => void>();
  readonly #calls: Collection<PastCall>;
  readonly #contacts: Collection<Contact>;
  #trouble = '';

  /** @param key The form of a number for comparing, as the dial plan gives it. */
  constructor(key: (number: string) => string = withoutCountry.key) {
    const onStorageError = (): void => {
      this.#onStorageError();
    };
    this.#calls = new Collection(
      databaseStore(this.#opening, 'calls', onStorageError),
      tabChannel<PastCall>(this.#channel, 'calls'),
    );
    this.#contacts = new Collection(
      databaseStore(this.#opening, 'contacts', onStorageError),
      tabChannel<Contact>(this.#channel, 'contacts'),
    );
    this.#channel.addEventListener('message', ({ data }: MessageEvent<Message>) => {
      if (data.name === 'forget') {
        removeStored(KEY_PREFIX, 'sessionStorage');
      }
    });
    this.contacts = new Contacts(this.#contacts, key);
    this.vault = new CredentialVault(this.#opening);
    this.ready = Promise.all([this.#calls.ready, this.#contacts.ready]);
    void this.#opening.then((database) => {
      if (database === null) {
        onStorageError();
      }
    });
  }

  /** A text about storage that does not work; empty if it works. */
  get trouble(): string {
    return this.#trouble;
  }

  /** The calls of an account, `1000@pbx.example.org`. */
  historyOf(account: string): History {
    return new History(this.#calls, account);
  }

  /** Calls back when `trouble` changes; returns the function to unsubscribe. */
  subscribe(observer: () => void): () => void {
    this.#observers.add(observer);
    return () => this.#observers.delete(observer);
  }

  /** Deletes all data that the phone stores, in every tab. */
  async forget(): Promise<void> {
    this.#calls.clear();
    this.#contacts.clear();
    this.#channel.postMessage({ name: 'forget' } satisfies Message);
    removeStored(KEY_PREFIX, 'localStorage');
    removeStored(KEY_PREFIX, 'sessionStorage');
    const database = await this.#opening;
    if (database !== null) {
      await wipe(database);
    }
  }

  async close(): Promise<void> {
    this.#channel.close();
    (await this.#opening)?.close();
  }

  #onStorageError(): void {
    if (this.#trouble !== '') {
      return;
    }
    this.#trouble =
      'This browser keeps nothing for this page at the moment (a private window, or no space ' +
      'left): history and contacts last until the page is closed.';
    for (const observer of this.#observers) {
      observer();
    }
  }
}

type Message =
  | { readonly name: 'calls' | 'contacts'; readonly change: Change<StoredItem> }
  /** Asks the other tabs to clear their sessionStorage. */
  | { readonly name: 'forget' };

/* One channel for all collections, shared by the pages of this origin only. */
function tabChannel<Item extends StoredItem>(
  channel: BroadcastChannel,
  name: 'calls' | 'contacts',
): TabChannel<Item> {
  return {
    publish(change) {
      channel.postMessage({ name, change } satisfies Message);
    },
    subscribe(onChange) {
      channel.addEventListener('message', ({ data }: MessageEvent<Message>) => {
        if (data.name === name) {
          onChange(data.change as Change<Item>);
        }
      });
    },
  };
}
